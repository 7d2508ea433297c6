import assert from 'node:assert/strict'
import { test } from 'node:test'
import { run } from '../harness/program.js'
import { startSink } from '../harness/sink.js'

for (const [sampler, argument, expected] of [
  ['always_on', undefined, 2],
  ['always_off', undefined, 0],
  ['ALWAYS_OFF', undefined, 0],
  ['traceidratio', '0', 0],
  ['traceidratio', '1', 2],
  ['parentbased_always_on', undefined, 2],
  ['parentbased_always_off', undefined, 0],
  ['parentbased_traceidratio', '0', 0],
  ['parentbased_traceidratio', undefined, 2],
] as const) {
  test(`${sampler} ${argument ?? ''} sends ${expected} spans, and tells the decision on`, async (t) => {
    const sink = await startSink(t)
    const { stdout } = await run('http/calls.mjs', {
      env: {
        WAY: 'fetch',
        OTEL_TRACES_SAMPLER: sampler,
        OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
        ...(argument === undefined ? {} : { OTEL_TRACES_SAMPLER_ARG: argument }),
      },
    })
    assert.equal((await sink.settled()).length, expected)
    assert.match(stdout, expected === 0 ? /-02"/ : /-03"/)
  })
}

test('limits cut and count', async (t) => {
  const sink = await startSink(t)
  await run('http/calls.mjs', {
    env: {
      WAY: 'fetch',
      OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '4',
      OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '5',
      OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
    },
  })
  for (const { attributes, droppedAttributesCount } of await sink.spans(2)) {
    assert.equal(Object.keys(attributes).length, 5)
    assert.ok(droppedAttributesCount > 0)
    for (const value of Object.values(attributes)) assert.ok(typeof value !== 'string' || value.length <= 4)
  }
})

test('propagators decide what is sent on', async () => {
  for (const [propagators, expected] of [
    ['none', /^((?!traceparent).)*$/s],
    ['baggage', /^((?!traceparent).)*$/s],
    ['tracecontext,tracecontext', /traceparent/],
  ] as const) {
    const { stdout } = await run('http/calls.mjs', {
      env: { WAY: 'fetch', OTEL_PROPAGATORS: propagators, OTEL_TRACES_EXPORTER: 'none' },
    })
    assert.match(stdout, expected, propagators)
  }
})

test('a full batch leaves at once, and 10,000 spans of one tick arrive whole', async (t) => {
  const sink = await startSink(t)
  const { code } = await run('boot/burst.mjs', {
    // A busy machine may need longer than a user would wait.
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, AUTOSPAN_EXIT_TIMEOUT: '10000' },
  })
  assert.equal(code, 0)
  assert.equal((await sink.spans(10_000)).length, 10_000)
  assert.ok(sink.requests.every(({ spans }) => spans.length <= 512))
})
