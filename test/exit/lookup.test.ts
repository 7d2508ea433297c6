import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import type { LookupAddress } from 'node:dns'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { NameLookup } from '../../src/export/transport/lookup.js'
import { SLACK_MILLIS } from '../harness/program.js'

const NOERROR = 0
const SERVFAIL = 2
const NXDOMAIN = 3
const A = 1

test('a name that the name servers know has their addresses, of the family that is asked for', async (t) => {
  const names = new NameLookup([await nameServer(t, (type) => (type === A ? [192, 0, 2, 7] : []))])
  assert.deepEqual(await lookup(names, 'collector.test', { all: true }), [{ address: '192.0.2.7', family: 4 }])
  assert.deepEqual(await lookup(names, 'collector.test', { family: 4 }), { address: '192.0.2.7', family: 4 })
  await assert.rejects(lookup(names, 'collector.invalid', { family: 6 }), { code: /ENOTFOUND|EAI_AGAIN/ })
  assert.equal(names.isUnderWay, false)
})

for (const [what, code] of [
  ['know nothing of a name', NXDOMAIN],
  ['fail', SERVFAIL],
] as const) {
  test(`where the name servers ${what}, the C library is asked`, async (t) => {
    const names = new NameLookup([await nameServer(t, () => code)])
    await assert.rejects(lookup(names, 'collector.invalid', { all: true }), { syscall: 'getaddrinfo' })
  })
}

test('name servers that do not answer are given up, and the C library is not asked', async (t) => {
  const names = new NameLookup([await nameServer(t, () => undefined)])
  const start = performance.now()
  await assert.rejects(lookup(names, 'collector.test', { all: true }), { code: 'EAI_AGAIN', syscall: undefined })
  const millis = performance.now() - start
  assert.ok(millis < 1000 + SLACK_MILLIS, `${millis} ms`)
})

test('all names of the search list are asked for at once', async (t) => {
  const files = process.getBuiltinModule('node:fs')
  const { readFileSync } = files
  const read = (path: string, ...rest: unknown[]) =>
    path === '/etc/resolv.conf'
      ? 'search a.test b.test c.test\noptions ndots:5\n'
      : Reflect.apply(readFileSync, files, [path, ...rest])
  t.mock.method(files, 'readFileSync', read)
  const known = (type: number, name: string) => (name !== 'collector.ns' ? NXDOMAIN : type === A ? [192, 0, 2, 7] : [])
  const names = new NameLookup([await nameServer(t, known, 250)])
  assert.deepEqual(await lookup(names, 'collector.ns', { family: 4 }), { address: '192.0.2.7', family: 4 })
  assert.equal(names.isUnderWay, false)
})

test('a look-up can be called off', async (t) => {
  const names = new NameLookup([await nameServer(t, () => undefined)])
  const answer = lookup(names, 'collector.test', { all: true })
  assert.equal(names.isUnderWay, true)
  names.cancel()
  await assert.rejects(answer, { code: 'EAI_AGAIN' })
  assert.equal(names.isUnderWay, false)
})

test('localhost is nothing to ask others for', async (t) => {
  const names = new NameLookup([await nameServer(t, () => assert.fail('asked'))])
  const addresses = (await lookup(names, 'localhost', { all: true })) as LookupAddress[]
  assert.ok(addresses.some(({ address }) => address === '127.0.0.1' || address === '::1'))
})

function lookup(names: NameLookup, name: string, options: { all?: true; family?: 4 | 6 }): Promise<unknown> {
  return new Promise((resolve, reject) => {
    names.lookup(name, options, (error, address, family) => {
      if (error !== null) reject(Object.assign(error, { syscall: error.syscall }))
      else resolve(options.all === true ? address : { address, family })
    })
  })
}

/**
 * A name server that answers a question for one type of record: with an address, which may be empty, or with a code
 * of failure, or never; each after `delayMillis`.
 *
 * @returns its address
 */
async function nameServer(
  t: TestContext,
  answer: (type: number, name: string) => readonly number[] | number | undefined,
  delayMillis = 0,
): Promise<string> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  t.after(() => socket.close())
  socket.on('message', (query, { port }) => {
    // RFC 1035: a head of 12 bytes, the name that ends with an empty label, and the type and class of the question.
    const end = query.indexOf(0, 12) + 5
    const name = query.toString('latin1', 13, end - 5).replace(/[^a-z]/g, '.')
    const found = answer(query.readUInt16BE(end - 4), name)
    if (found === undefined) return
    const address = typeof found === 'number' ? [] : found
    const head = Buffer.from(query.subarray(0, 12))
    head.writeUInt16BE(0x8180 | (typeof found === 'number' ? found : NOERROR), 2)
    head.writeUInt16BE(address.length === 0 ? 0 : 1, 6)
    head.writeUInt16BE(0, 10)
    const record = Buffer.from([0xc0, 12, 0, A, 0, 1, 0, 0, 0, 60, 0, 4, ...address])
    const reply = Buffer.concat([head, query.subarray(12, end), address.length === 0 ? Buffer.alloc(0) : record])
    setTimeout(() => socket.send(reply, port), delayMillis)
  })
  return `127.0.0.1:${socket.address().port}`
}
