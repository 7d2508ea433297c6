import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { startDeadline } from '../../src/export/deadline.js'

function block(millis: number): void {
  const end = performance.now() + millis
  while (performance.now() < end);
}

test('expires in time, and not when it was called off', async () => {
  const start = performance.now()
  startDeadline(5, true, assert.fail)()
  await new Promise<void>((resolve) => startDeadline(20, true, resolve))
  assert.ok(performance.now() - start >= 19)
})

test('one that does not hold the process expires in time where the event loop has nothing else to do', async () => {
  const next = new Promise<string>((resolve) => setTimeout(resolve, 500, 'with the next event'))
  const own = new Promise<string>((resolve) => startDeadline(20, false, () => resolve('in time')))
  assert.equal(await Promise.race([own, next]), 'in time')
})

test('a process that stood still first looks at what came meanwhile', async () => {
  let expired = false
  const cancel = startDeadline(20, true, () => {
    expired = true
  })
  block(300)
  // Timers come first, then what the sockets have; an immediate stands for it.
  await new Promise(setImmediate)
  await new Promise(setImmediate)
  assert.equal(expired, false)
  await new Promise<void>((resolve) => startDeadline(40, true, resolve))
  assert.equal(expired, true)
  cancel()
})

for (const late of [0, 10, 100]) {
  test(`what lies in a socket is read first: ${late} ms late`, async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
    const [peer] = (await once(server, 'connection')) as [Socket]
    const answered = once(client, 'data')
    const cancel = startDeadline(20, true, () => client.destroy(new Error('expired')))
    peer.write('answer')
    block(20 + late)
    client.once('data', cancel)
    await answered
    client.destroy()
    peer.destroy()
    server.close()
  })
}

test('without a limit it never expires, and times beyond what timers take are no surprise', async () => {
  const cancels = [Number.POSITIVE_INFINITY, 2 ** 40].map((millis) => startDeadline(millis, false, assert.fail))
  await new Promise<void>((resolve) => startDeadline(20, true, resolve))
  for (const cancel of cancels) cancel()
})
