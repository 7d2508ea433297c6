import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start } from '../harness/program.js'
import { startSink } from '../harness/sink.js'

const LONG = 'x'.repeat(9000)
const CAPTURE = { OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_REQUEST_HEADERS: 'x-long' }

/** What test/apps/express/long.mjs says itself. */
const LENGTH = 20_000

for (const [limits, own, programs, message] of [
  [{}, 8192, LENGTH, 8192],
  [{ AUTOSPAN_TEXT_LENGTH_LIMIT: '100' }, 100, LENGTH, 100],
  // The specification's limit is one of attributes.
  [{ AUTOSPAN_TEXT_LENGTH_LIMIT: '100000', OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '300' }, 300, 300, LENGTH],
] as const) {
  test(`with ${JSON.stringify(limits)} texts of the agent have ${own} characters, of the program ${programs}`, async (t) => {
    const sink = await startSink(t)
    const env = { ...sink.env, OTEL_TRACES_SAMPLER: 'always_on', ...CAPTURE, ...limits }
    const server = await start(t, 'express/long.mjs', { env })
    for (const [path, headers] of [
      [`/${LONG}`, {}],
      [`/?${LONG}`, {}],
      ['/', { 'user-agent': LONG }],
      ['/', { 'x-long': LONG }],
      ['/ask', {}],
      ['/fail', {}],
      ['/own', {}],
    ] as const) {
      await (await fetch(server.url + path, { headers })).text()
    }
    await server.stop()
    const spans = await sink.settled()
    const lengths = (name: string) =>
      spans.map(({ attributes }) => [attributes[name]].flat().join('').length).filter((length) => length > 90)
    assert.deepEqual(lengths('url.path'), [own])
    assert.deepEqual(lengths('url.query'), [own, own, own])
    assert.deepEqual(lengths('url.full'), [own, own])
    assert.deepEqual(lengths('user_agent.original'), [own])
    assert.deepEqual(lengths('http.request.header.x-long'), [own])
    assert.deepEqual(lengths('text'), [programs])
    // Only lengths: a failure that shows such texts helps nobody.
    const exceptions = (name: string) =>
      spans
        .find((span) => span.name === name)
        ?.events.filter((event) => event.name === 'exception')
        .flatMap(({ attributes }) => [attributes['exception.message'], attributes['exception.stacktrace']])
        .map((text) => Math.min(String(text).length, LENGTH))
    assert.deepEqual(exceptions('GET /fail'), [own, own])
    assert.deepEqual(exceptions('own'), [programs, programs])
    const failed = spans.find(({ name }) => name === 'GET /fail')
    assert.equal(failed?.status.message.length, message)
  })
}
