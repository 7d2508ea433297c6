import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { atEnd, type Owner, owning } from '../harness/owner.js'
import { startWire } from '../harness/postgres-wire.js'
import { root, type Server, start } from '../harness/program.js'
import { startSink } from '../harness/sink.js'
import { BYTES, CALLS, CASES, type Case, forLine, TOLERANCE } from './figures.js'
import { lineOfNode, tell } from './node.js'

/** So many end and wait to be encoded with those that come after them. */
const WAITING_REQUESTS = 5

/** What rounding and the odd call beside a request may add. */
const SPARE_CALLS = 0.1

/**
 * Each request calls the same, and so does each batch of so many spans: more of them tell no more, and before what is
 * counted as many. Bytes are of more requests, for garbage that comes now and then has to be spread.
 */
const COUNTED_REQUESTS = 512

/** What `test/apps/cost/meter.cjs` prints. */
interface Reading {
  readonly heapUsed: number
  readonly collections: number
  readonly calls: Readonly<Record<string, number>>
  /** Requests and responses that have been seen, and how many of them are still in memory. */
  readonly messages: number
  readonly kept: number
}

/** Of one request, on the average. */
interface Cost {
  readonly bytes: number
  readonly calls: Readonly<Record<string, number>>
}

const line = lineOfNode()
const bare = new Map<string, Promise<Cost>>()

for (const name of Object.keys(CASES) as Case[]) {
  const { env } = CASES[name]

  test(`${name}: a request makes no more garbage than known`, async () => {
    const added = (await costOf(name, env)).bytes - (await costWithout(name, 'bytes')).bytes
    const known = forLine(BYTES[name], line)
    tell(`${name}: ${Math.round(added)} bytes a request, known are ${known}`)
    assert.ok(added <= known * TOLERANCE, `${Math.round(added)} bytes, known are ${known}: see test/cost/figures.ts`)
  })

  test(`${name}: a request calls no more than known of what is dear`, async () => {
    const known = CALLS[name]
    const { calls } = await costOf(name, { ...env, METER: 'calls' })
    const without = await costWithout(name, 'calls')
    const added = Object.entries(calls).map(([call, count]) => [call, count - (without.calls[call] ?? 0)] as const)
    tell(`${name}: ${added.map(([call, count]) => `${call} ${count.toFixed(3)}`).join(', ')}`)
    const excess = added.filter(([call, count]) => count > (known[call] ?? 0) * TOLERANCE + SPARE_CALLS)
    assert.deepEqual(Object.fromEntries(excess), {}, 'calls a request: see test/cost/figures.ts')
  })

  test(`${name}: what waits to be exported keeps no request or response in memory`, async () => {
    const [kept, without] = [await keptBy(name, true), await keptBy(name, false)]
    tell(`${name}: ${kept} requests and responses kept, ${without} without the agent`)
    assert.ok(kept <= without, `${kept} requests and responses are kept, ${without} without the agent`)
  })
}

/** Whom the programs ask, in this process; the answers are the same each time and come in one piece. */
const PEERS: Readonly<Record<'http' | 'postgres', (owner: Owner) => Promise<string>>> = {
  http: async (owner) => {
    const peer = createServer((_request, response) => response.end('hello'))
    peer.listen(0, '127.0.0.1')
    await once(peer, 'listening')
    atEnd(owner, async () => {
      peer.closeAllConnections()
      peer.close()
    })
    return `http://127.0.0.1:${(peer.address() as AddressInfo).port}/items`
  },
  postgres: (owner) => startWire(owner),
}

function costWithout(name: Case, METER: string): Promise<Cost> {
  const key = `${CASES[name].app} ${METER}`
  const known = bare.get(key) ?? costOf(name, { METER }, false)
  bare.set(key, known)
  return known
}

function costOf(name: Case, env: Readonly<Record<string, string>>, agent = true): Promise<Cost> {
  const { path, requests: most } = CASES[name]
  const few = Math.min(most, COUNTED_REQUESTS)
  const isOfCalls = env.METER === 'calls'
  const requests = isOfCalls ? few : most
  return owning(async (owner) => {
    const server = await startMetered(owner, name, env, agent)
    const socket = await open(owner, server)
    await request(socket, path, few)
    const before = await read(server, 1)
    await request(socket, path, requests)
    const after = await read(server, 2)
    assert.equal(after.collections, before.collections, 'garbage was collected in between, so nothing is known')
    const calls = Object.entries(after.calls).map(
      ([name, count]) => [name, (count - (before.calls[name] ?? 0)) / requests] as const,
    )
    return { bytes: (after.heapUsed - before.heapUsed) / requests, calls: Object.fromEntries(calls) }
  })
}

/** How many requests and responses are in memory when some requests have been answered, one after the other. */
function keptBy(name: Case, agent: boolean): Promise<number> {
  const { env, path } = CASES[name]
  return owning(async (owner) => {
    const server = await startMetered(owner, name, { ...env, METER: 'kept' }, agent)
    await request(await open(owner, server), path, WAITING_REQUESTS)
    const { messages, kept } = await read(server, 1)
    assert.ok(messages >= 2 * WAITING_REQUESTS, `${messages} requests and responses were seen`)
    return kept
  })
}

async function startMetered(owner: Owner, name: Case, env: Readonly<Record<string, string>>, agent: boolean) {
  const { app, peer } = CASES[name]
  const sink = await startSink(owner)
  const meter = join(root, 'test/apps/cost/meter.cjs')
  const young = ['--min-semi-space-size=64', '--max-semi-space-size=64']
  const unoptimised = env.METER === 'calls' ? [] : ['--no-opt', '--no-maglev']
  return start(owner, `cost/${app}`, {
    agent,
    nodeFlags: ['--expose-gc', ...young, ...unoptimised, '--require', meter],
    // Batches leave by size only, and nothing is measured by the clock.
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
      OTEL_BSP_SCHEDULE_DELAY: '600000',
      OTEL_INSTRUMENTATION_RUNTIME_NODE_ENABLED: 'false',
      COST_PEER: peer === undefined ? '' : await PEERS[peer](owner),
      ...env,
    },
  })
}

async function open(owner: Owner, { port }: Server): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  atEnd(owner, async () => void socket.destroy())
  await once(socket, 'connect')
  return socket.setNoDelay(true)
}

/** One after the other; answers are short and come in one piece. */
async function request(socket: Socket, path: string, count: number): Promise<void> {
  const text = `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nuser-agent: cost\r\n\r\n`
  for (let i = 0; i < count; i++) {
    socket.write(text)
    await once(socket, 'data')
  }
}

async function read(server: Server, number: number): Promise<Reading> {
  server.signal('SIGUSR2')
  const [, text = ''] = await server.printed(new RegExp(`^meter ${number} (.*)$`, 'm'))
  return JSON.parse(text)
}
