import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { test } from 'node:test'
import { drawTraces, trace } from '../harness/draw.js'
import { root, run } from '../harness/program.js'
import { startSink } from '../harness/sink.js'
import { assertLikeBare } from './bare.js'

const DOORS = Object.keys(createRequire(import.meta.url)(join(root, 'test/apps/exit/doors.cjs')) as object)

/** Node.js calls nothing any more after it: not even `exit` is emitted. */
const SILENT = 'an error with a handler that throws'

test(`by ${SILENT} the program ends as without the agent`, async (t) => {
  const sink = await startSink(t)
  await assertLikeBare('exit/leave.cjs', { DOOR: SILENT, OTEL_EXPORTER_OTLP_ENDPOINT: sink.url })
})

for (const door of DOORS) {
  if (door === SILENT) continue
  for (const extension of ['cjs', 'mjs']) {
    test(`${extension}: by ${door} the program ends as without the agent, and its spans are delivered`, async (t) => {
      const sink = await startSink(t)
      await assertLikeBare(`exit/leave.${extension}`, { DOOR: door, OTEL_EXPORTER_OTLP_ENDPOINT: sink.url })
      assert.equal(
        await sink.traces(2),
        trace`
          GET   CLIENT 200
            GET SERVER 200
        `,
      )
      await sink.settled()
    })
  }
}

for (const door of ['process.exit()', 'process.reallyExit()', 'a signal to itself']) {
  test(`by ${door} in the midst of a request its spans are delivered as incomplete`, async (t) => {
    const sink = await startSink(t)
    await assertLikeBare('exit/leave.cjs', { DOOR: door, OPEN: '1', OTEL_EXPORTER_OTLP_ENDPOINT: sink.url })
    assert.equal(
      drawTraces(await sink.spans(4), ['url.path', 'autospan.incomplete']),
      trace`
        GET   CLIENT 200
          GET SERVER 200 url.path=/

        GET   CLIENT autospan.incomplete=true
          GET SERVER url.path=/open autospan.incomplete=true
      `,
    )
  })
}

for (const [door, type, message] of [
  ['an error that is thrown', 'TypeError', 'out of tea'],
  ['something else that is thrown', 'Object', '[object Object]'],
  ['a rejected promise', 'TypeError', 'out of tea'],
  ['a promise rejected with something else', 'ERR_UNHANDLED_REJECTION', /"out of tea"/],
  ['an error with a handler that exits', 'TypeError', 'out of tea'],
] as const) {
  test(`by ${door} in the midst of a request its spans are delivered with the error`, async (t) => {
    const sink = await startSink(t)
    await assertLikeBare('exit/leave.mjs', { DOOR: door, OPEN: '1', OTEL_EXPORTER_OTLP_ENDPOINT: sink.url })
    const spans = await sink.spans(4)
    const open = spans.filter(({ attributes }) => attributes['autospan.incomplete'] === true)
    assert.equal(open.length, 2)
    for (const { attributes, status, events } of open) {
      assert.equal(attributes['error.type'], type)
      assert.equal(status.code, 2)
      assert.match(status.message, new RegExp(message instanceof RegExp ? message : message.replaceAll(/\W/g, '\\$&')))
      assert.deepEqual(
        events.map(({ name }) => name),
        ['exception'],
      )
    }
  })
}

for (const [value, OPEN, door, message] of [
  ['logs', '1', 'an error that is thrown', 'out of tea'],
  ['logs/dup', '1', 'an error that is thrown', 'out of tea'],
  ['logs', '', 'an error that is thrown', 'out of tea'],
  ['logs', '1', 'something else that is thrown', '[object Object]'],
  ['logs', '1', 'a rejected promise', 'out of tea'],
  ['logs', '1', 'a promise rejected with something else', 'out of tea'],
  ['logs', '1', 'an error with a handler that exits', 'out of tea'],
  ['logs', '', 'an error with a handler that exits', 'out of tea'],
  ['logs', '1', 'an error that an exit listener throws', 'out of tea'],
  ['logs', '1', SILENT, undefined],
] as const) {
  const where = OPEN === '' ? 'outside' : 'in the midst'
  test(`${value}: by ${door} ${where} of a request the program ends as without the agent, and one log record tells of it`, async (t) => {
    const sink = await startSink(t)
    const env = { ...sink.env, OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN: value }
    await assertLikeBare('exit/leave.mjs', { DOOR: door, OPEN, ...env })
    await sink.settled()
    assert.deepEqual(
      sink.logs.map(({ severityText, attributes }) => [
        severityText,
        String(attributes['exception.message']).includes(message ?? ''),
      ]),
      message === undefined ? [] : [['FATAL', true]],
    )
  })
}

test('a program that survives an error goes on, and its open spans too', async (t) => {
  const sink = await startSink(t)
  await assertLikeBare('exit/survivor.mjs', { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url })
  assert.equal(
    drawTraces(await sink.spans(2), ['autospan.incomplete']),
    trace`
      GET   CLIENT 200
        GET SERVER 200
    `,
  )
})

test('what was known of an open request is told: its route, its status once it is sent', async (t) => {
  const sink = await startSink(t)
  await assertLikeBare('exit/streaming.mjs', { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url })
  assert.equal(
    drawTraces(await sink.spans(2), ['autospan.incomplete']),
    trace`
      GET             CLIENT 200 autospan.incomplete=true
        GET /teas/:id SERVER 200 autospan.incomplete=true
    `,
  )
})

test('spans of an exit listener are delivered, whenever it was added', async (t) => {
  const sink = await startSink(t)
  for (const WAY of ['exit', 'return', 'throw']) {
    await assertLikeBare('exit/listener.mjs', { WAY, OTEL_EXPORTER_OTLP_ENDPOINT: sink.url })
  }
  const spans = await sink.settled()
  assert.deepEqual(spans.map(({ name }) => name).sort(), ['late exit', 'late return', 'late throw'])
})

test('a top-level await that never settles keeps its exit code and its warning', async (t) => {
  const sink = await startSink(t)
  const { code } = await assertLikeBare('exit/unsettled.mjs', { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url })
  assert.equal(code, 13)
  assert.equal((await sink.settled()).length, 1)
})

test('each of several exporters gets what waits, the console too', async (t) => {
  const sink = await startSink(t)
  const { stderr } = await run('exit/leave.mjs', {
    env: {
      DOOR: 'process.exit()',
      OPEN: '1',
      OTEL_TRACES_EXPORTER: 'console,otlp',
      OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
    },
  })
  assert.equal((await sink.spans(4)).length, 4)
  assert.equal(stderr.match(/^trace .* 2 spans/gm)?.length, 2, stderr)
})

test('gzip and headers go with the last request as with any other', async (t) => {
  const sink = await startSink(t)
  await run('exit/leave.mjs', {
    env: {
      DOOR: 'process.exit()',
      OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_EXPORTER_OTLP_HEADERS: 'x-token=abc',
    },
  })
  assert.equal((await sink.spans(2)).length, 2)
  const [{ headers } = assert.fail()] = sink.requests
  assert.equal(headers['content-encoding'], 'gzip')
  assert.equal(headers['content-type'], 'application/json')
  assert.equal(headers['x-token'], 'abc')
  assert.match(String(headers['user-agent']), /^autospan\/\d/)
})
