import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { trace } from '../harness/draw.js'
import { atEnd } from '../harness/owner.js'
import { run, start, traceOf } from '../harness/program.js'
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
        ...sink.env,
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
      ...sink.env,
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
    env: sink.env,
  })
  assert.equal(code, 0)
  assert.equal((await sink.spans(10_000)).length, 10_000)
  assert.ok(sink.requests.every(({ spans }) => spans.length <= 512))
})

const CALLER = '0af7651916cd43dd8448eb211c80319c'
const SAMPLED = { traceparent: `00-${CALLER}-b7ad6b7169203331-01` }

test('AUTOSPAN_SAMPLING_RULES decides by what a request is', async () => {
  assert.equal(
    await traceOf(
      'http/server.mjs',
      { AUTOSPAN_SAMPLING_RULES: 'GET /hello*=0; POST /hello=1; /boom=0.5/s; *=0' },
      { requests: ['/hello', '/hello/again', { path: '/hello', method: 'POST' }, '/boom', '/boom', '/redirect'] },
    ),
    trace`
      POST SERVER 200

      GET SERVER 503 error 503
    `,
  )
})

test('a caller is obeyed whatever the rules are, where the sampler is parent-based', async () => {
  const requests = [{ path: '/hello', headers: SAMPLED }]
  for (const [sampler, drawn] of [
    ['parentbased_always_on', trace`GET SERVER 200 (remote parent)`],
    ['always_on', trace`(no spans)`],
  ] as const) {
    const env = { AUTOSPAN_SAMPLING_RULES: '*=0', OTEL_TRACES_SAMPLER: sampler }
    assert.equal(await traceOf('http/server.mjs', env, { requests }), drawn)
  }
})

test('a ratio tells its threshold in tracestate, to the next service and to the backend', async (t) => {
  const sink = await startSink(t)
  const env = { ...sink.env, OTEL_TRACES_SAMPLER: 'parentbased_traceidratio' }
  const server = await start(t, 'http/relay.cjs', { env })
  const headers = await (await fetch(`${server.url}/get`, { headers: { tracestate: 'a=b' } })).json()
  assert.equal((headers as Record<string, string>).tracestate, 'ot=th:0')
  const parent = { ...SAMPLED, tracestate: 'a=b,ot=th:8;rv:80000000000000' }
  const continued = await (await fetch(`${server.url}/fetch`, { headers: parent })).json()
  assert.equal((continued as Record<string, string>).tracestate, 'a=b,ot=th:8;rv:80000000000000')
  await server.stop()
  const states = new Set((await sink.spans(6)).map(({ traceState }) => traceState))
  assert.deepEqual([...states].sort(), ['a=b,ot=th:8;rv:80000000000000', 'ot=th:0'])
})

test('AUTOSPAN_KEEP=errors keeps what fails of what is not sampled', async () => {
  const env = { AUTOSPAN_KEEP: 'errors', OTEL_TRACES_SAMPLER: 'always_off' }
  assert.equal(
    await traceOf('http/server.mjs', env, { requests: ['/hello', '/boom', '/body'], attributes: ['autospan.kept'] }),
    trace`GET SERVER 503 error 503 autospan.kept=error`,
  )
})

test('AUTOSPAN_KEEP tells nobody that what it keeps is sampled', async (t) => {
  const sink = await startSink(t)
  const env = { AUTOSPAN_KEEP: 'slow:0', OTEL_TRACES_SAMPLER: 'always_off', ...sink.env }
  const server = await start(t, 'http/relay.cjs', { env })
  const headers = await (await fetch(`${server.url}/get`)).json()
  await server.stop()
  const spans = await sink.spans(3)
  assert.equal(new Set(spans.map(({ traceId }) => traceId)).size, 1)
  assert.deepEqual(
    spans.map(({ flags }) => flags & 1),
    [0, 0, 0],
  )
  assert.match((headers as Record<string, string>).traceparent ?? '', /-02$/)
})

test('AUTOSPAN_CALLERS=link begins a new trace that has a link to the caller', async (t) => {
  const sink = await startSink(t)
  for (const trusted of ['', '127.0.0.0/8']) {
    const server = await start(t, 'http/server.mjs', {
      env: { ...sink.env, AUTOSPAN_CALLERS: 'link', AUTOSPAN_TRUSTED_CALLERS: trusted },
    })
    await (await fetch(`${server.url}/hello`, { headers: SAMPLED })).text()
    await server.stop()
  }
  const [linked, obeyed] = await sink.spans(2)
  assert.notEqual(linked?.traceId, CALLER)
  assert.equal(linked?.parentSpanId, '')
  assert.equal(linked?.links[0]?.traceId, CALLER)
  assert.equal(obeyed?.traceId, CALLER)
  assert.equal(obeyed?.links.length, 0)
})

test('AUTOSPAN_CALLERS=ignore continues the trace and decides anew', async () => {
  const env = { AUTOSPAN_CALLERS: 'ignore', OTEL_TRACES_SAMPLER: 'parentbased_always_off' }
  const requests = [{ path: '/hello', headers: SAMPLED }]
  assert.equal(await traceOf('http/server.mjs', env, { requests }), trace`(no spans)`)
})

test('jaeger_remote asks for its strategy, untraced, and is followed', async (t) => {
  const sink = await startSink(t)
  const asked: unknown[] = []
  let onSecond = () => {}
  const second = new Promise<void>((resolve) => {
    onSecond = resolve
  })
  const jaeger = createServer((request, response) => {
    asked.push(request.url, request.headers.traceparent)
    response.end(JSON.stringify({ strategyType: 'PROBABILISTIC', probabilisticSampling: { samplingRate: 1 } }))
    if (asked.length === 4) onSecond()
  }).listen(0, '127.0.0.1')
  atEnd(t, async () => void jaeger.close())
  await once(jaeger, 'listening')
  const endpoint = `http://127.0.0.1:${(jaeger.address() as AddressInfo).port}`
  const env = {
    ...sink.env,
    OTEL_SERVICE_NAME: 'a shop',
    OTEL_TRACES_SAMPLER: 'parentbased_jaeger_remote',
    OTEL_TRACES_SAMPLER_ARG: `endpoint=${endpoint},pollingIntervalMs=20,initialSamplingRate=0`,
  }
  const server = await start(t, 'http/server.mjs', { env })
  await second
  await (await fetch(`${server.url}/hello`)).text()
  const { stderr } = await server.stop()
  assert.deepEqual(
    (await sink.settled()).map(({ name }) => name),
    ['GET'],
  )
  assert.deepEqual(asked.slice(0, 2), ['/sampling?service=a+shop', undefined])
  assert.equal(stderr.trimEnd().split('\n').length, 1, stderr)
})

test('jaeger_remote without an answer says so once, samples as told, and lets the program end', async (t) => {
  const sink = await startSink(t)
  const { code, stderr } = await run('http/calls.mjs', {
    env: {
      WAY: 'fetch',
      ...sink.env,
      OTEL_TRACES_SAMPLER: 'jaeger_remote',
      OTEL_TRACES_SAMPLER_ARG: 'endpoint=http://127.0.0.1:1,pollingIntervalMs=1,initialSamplingRate=1',
    },
  })
  assert.equal(code, 0)
  assert.equal((await sink.settled()).length, 2)
  assert.ok((stderr.match(/no sampling strategy from http:\/\/127\.0\.0\.1:1/g) ?? []).length <= 1, stderr)
})
