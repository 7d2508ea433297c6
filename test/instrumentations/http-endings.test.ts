import assert from 'node:assert/strict'
import { test } from 'node:test'
import { run } from '../harness/program.js'
import { startSink } from '../harness/sink.js'

test('who breaks off a request is told, with the error that the program gives for it', async (t) => {
  const sink = await startSink(t)
  const { code, stderr } = await run('http/endings.mjs', { env: sink.env })
  assert.equal(code, 0, stderr)
  assert.doesNotMatch(stderr, /internal error/)
  const served: Record<string, unknown[]> = {}
  const sent: Record<string, unknown[]> = {}
  for (const { kind, attributes, status, events } of await sink.settled()) {
    const told = [attributes['http.response.status_code'], attributes['error.type'], status.code]
    const exceptions = events.filter(({ name }) => name === 'exception').length
    if (kind === 2) served[String(attributes['url.path'])] = [...told, exceptions]
    else sent[new URL(String(attributes['url.full'])).pathname] = told
  }
  assert.deepEqual(served, {
    '/server-error': [200, 'RangeError', 2, 1],
    '/server-odd-error': [200, 'Error', 2, 1],
    '/server-silent': [200, 'server_disconnected', 0, 0],
    '/server-socket': [200, 'server_disconnected', 0, 0],
    '/server-pipeline': [200, 'RangeError', 2, 1],
    '/server-garbage': [undefined, 'client_disconnected', 0, 0],
    '/client-leaves': [200, 'client_disconnected', 0, 0],
    '/client-stops-reading': [200, 'client_disconnected', 0, 0],
    '/client-resets': [200, 'client_disconnected', 0, 0],
    '/client-leaves-early': [undefined, 'client_disconnected', 0, 0],
    '/client-leaves-body': [undefined, 'client_disconnected', 0, 0],
    '/client-resets-first': [undefined, 'client_disconnected', 0, 0],
    '/client-resets-second': [undefined, 'client_disconnected', 0, 0],
    '/client-resets-third': [200, 'client_disconnected', 0, 0],
    '/client-resets-fourth': [200, 'client_disconnected', 0, 0],
    '/client-stalls': [undefined, 'client_disconnected', 0, 0],
    '/upgrade': [101, undefined, 0, 0],
    '/upgrade/refused': [401, undefined, 0, 0],
    '/upgrade/cut': [undefined, undefined, 0, 0],
    '/upgrade/wrapped': [403, undefined, 0, 0],
  })
  // Measured as it was when the client went, whatever the program answered after that.
  const points = sink.metric('http.server.request.duration')?.points ?? []
  const left = points.filter(({ attributes }) => attributes['error.type'] === 'client_disconnected')
  assert.deepEqual(
    new Map(left.map(({ attributes, count }) => [attributes['http.response.status_code'], Number(count)])),
    new Map<unknown, number>([
      [200, 5],
      [undefined, 6],
    ]),
  )
  const { '/server-garbage': garbage, ...others } = sent
  assert.deepEqual(others, {
    '/server-error': [200, 'ECONNRESET', 2],
    '/server-odd-error': [200, 'ECONNRESET', 2],
    '/server-silent': [200, 'ECONNRESET', 2],
    '/server-socket': [200, 'ECONNRESET', 2],
    '/server-pipeline': [200, 'ECONNRESET', 2],
    '/client-leaves': [200, undefined, 0],
    '/client-stops-reading': [200, undefined, 0],
  })
  // undici's parser names its error in one way or the other.
  assert.match(String(garbage?.[1]), /^HPE_INVALID_CONSTANT$|^HTTPParserError$/)
  assert.equal(garbage?.[2], 2)
})

test('a request that a program hands to its server has a span, unless it is no message of node:http', async (t) => {
  const sink = await startSink(t)
  const bare = await run('http/by-hand.cjs', { agent: false })
  const { stdout, stderr } = await run('http/by-hand.cjs', { env: { ...sink.env, OTEL_LOG_LEVEL: 'warn' } })
  assert.deepEqual([stdout, stderr], [bare.stdout, ''])
  const spans = await sink.settled()
  assert.deepEqual(
    spans.map(({ attributes }) => [attributes['url.path'], attributes['autospan.incomplete']]),
    [['/adapter', undefined]],
  )
})

test('a socket that is upgraded has the listeners that it has without the agent', async (t) => {
  const sink = await startSink(t)
  const bare = await run('http/endings.mjs', { agent: false })
  const traced = await run('http/endings.mjs', { env: sink.env })
  assert.equal(traced.stdout, bare.stdout)
  assert.match(bare.stdout, /^\/upgrade\/refused false/m)
  assert.match(bare.stdout, /^emitted 20$/m)
})
