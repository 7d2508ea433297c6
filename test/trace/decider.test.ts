import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Span, SpanContext } from '@opentelemetry/api'
import { parseRules } from '../../src/config/sampling-texts.js'
import { ROOT_CONTEXT, SPAN_KEY } from '../../src/context/context.js'
import { parseTraceState, TraceState } from '../../src/propagation/trace-state.js'
import { Decider, type DeciderSettings } from '../../src/trace/decider.js'
import { firstOf, type HeadSampler, probability, rateLimit } from '../../src/trace/head.js'
import { KEPT, KEPT_MISSING, Keeper, type KeepSettings } from '../../src/trace/held.js'
import { SERVER } from '../../src/trace/kind.js'
import { DEFAULT_LIMITS } from '../../src/trace/limits.js'
import { NonRecordingSpan } from '../../src/trace/non-recording-span.js'
import { AgentTracerProvider } from '../../src/trace/provider.js'
import { ruleSampler } from '../../src/trace/rules.js'
import { alwaysOn } from '../../src/trace/sampler.js'
import { type SpanData, STATUS_ERROR } from '../../src/trace/span.js'
import { Strategies } from '../../src/trace/strategies.js'
import type { AgentTracer } from '../../src/trace/tracer.js'
import { attributesOf } from './tracing.js'

const LOW = `${'a'.repeat(18)}10000000000000`

function tracerWith(
  settings: Partial<DeciderSettings>,
  keep?: Partial<KeepSettings>,
): { tracer: AgentTracer; ended: SpanData[]; keeper: Keeper } {
  const ended: SpanData[] = []
  const keepSettings = { errors: true, slowMillis: Number.POSITIVE_INFINITY, maxSpans: 100, ...keep }
  const keeper = new Keeper(keepSettings, { onEnd: (span) => ended.push(span) })
  const decider = new Decider({
    head: probability(0),
    samplesAll: false,
    followsCallers: true,
    callers: 'obey',
    isTrusted: () => false,
    holds: keep !== undefined,
    emptyState: new TraceState(),
    ...settings,
  })
  const provider = new AgentTracerProvider({ sampler: alwaysOn, decider, limits: DEFAULT_LIMITS, processor: keeper })
  return { tracer: provider.getTracer('test'), ended, keeper }
}

function below(parent: Partial<SpanContext>) {
  const context = { traceId: LOW, spanId: 'b'.repeat(16), traceFlags: 0, isRemote: true, ...parent }
  return ROOT_CONTEXT.setValue(SPAN_KEY, new NonRecordingSpan(context))
}

const under = (span: Span) => ROOT_CONTEXT.setValue(SPAN_KEY, span)

function serve(tracer: AgentTracer, attributes: (string | undefined)[], context = ROOT_CONTEXT): Span {
  return tracer.start('GET', SERVER, context, (list) => [...list], attributes)
}

test('a root tells its threshold, and its children and callees do', () => {
  const { tracer } = tracerWith({ head: probability(1) })
  const root = tracer.startSpan('root', {}, ROOT_CONTEXT)
  const child = tracer.startSpan('child', {}, under(root))
  for (const span of [root, child]) assert.equal(span.spanContext().traceState?.serialize(), 'ot=th:0')
})

for (const { what, parent, followsCallers, isSampled, traceState } of [
  { what: 'a caller that says yes', parent: { traceFlags: 1 }, followsCallers: true, isSampled: true },
  { what: 'a caller that says no', parent: { traceFlags: 0 }, followsCallers: true, isSampled: false },
  { what: 'a caller whose yes does not count', parent: { traceFlags: 1 }, followsCallers: false, isSampled: false },
  {
    what: "a caller's randomness, below the threshold by the trace id",
    parent: { traceState: parseTraceState('ot=rv:80000000000000')! },
    followsCallers: false,
    isSampled: true,
    traceState: 'ot=th:8;rv:80000000000000',
  },
  {
    what: "a caller's randomness that is too low, and takes the threshold away",
    parent: { traceId: 'f'.repeat(32), traceState: parseTraceState('ot=th:4;rv:7fffffffffffff')! },
    followsCallers: false,
    isSampled: false,
    traceState: 'ot=rv:7fffffffffffff',
  },
  {
    what: "a caller's threshold, which is passed on",
    parent: { traceFlags: 1, traceState: parseTraceState('ot=th:4')! },
    followsCallers: true,
    isSampled: true,
    traceState: 'ot=th:4',
  },
]) {
  test(`a half of all, under ${what}: ${isSampled ? 'sampled' : 'dropped'}`, () => {
    const { tracer } = tracerWith({ head: probability(0.5), followsCallers })
    const span = serve(tracer, [], below(parent))
    assert.equal(span.isRecording(), isSampled)
    assert.equal(span.spanContext().traceFlags & 1, isSampled ? 1 : 0)
    assert.equal(span.spanContext().traceId, parent.traceId ?? LOW)
    assert.equal(span.spanContext().traceState?.serialize(), traceState)
  })
}

test('of 10,000 random traces a tenth is sampled, and all of it by a larger share too', () => {
  const [low, high] = [tracerWith({ head: probability(0.1) }), probability(0.2)]
  let sampled = 0
  for (let i = 0; i < 10_000; i++) {
    const span = low.tracer.startSpan('root', {}, ROOT_CONTEXT)
    if (!span.isRecording()) continue
    sampled++
    const { traceId } = span.spanContext()
    const start = { name: '', traceId, randomness: traceId.slice(-14), attribute: () => undefined }
    assert.equal(high.decide(start)?.sampled, true)
  }
  // Six standard deviations of the binomial distribution.
  assert.ok(Math.abs(sampled - 1000) < 180, `${sampled}`)
})

test('a caller that is not obeyed keeps its trace, or gets a link from a new one', () => {
  for (const [callers, address, isSampled, isSame] of [
    ['ignore', '8.8.8.8', false, true],
    ['ignore', '10.0.0.1', true, true],
    ['link', '8.8.8.8', false, false],
    ['link', '10.0.0.1', true, true],
  ] as const) {
    const { tracer } = tracerWith({ callers, isTrusted: (address) => address === '10.0.0.1' })
    const span = serve(tracer, ['network.peer.address', address], below({ traceFlags: 1 }))
    assert.equal(span.isRecording(), isSampled, `${callers} ${address}`)
    assert.equal(span.spanContext().traceId === LOW, isSame, `${callers} ${address}`)
  }
  const { tracer, ended } = tracerWith({ callers: 'link', head: probability(1) })
  serve(tracer, ['network.peer.address', '8.8.8.8'], below({ traceFlags: 1 })).end()
  assert.equal(ended[0]?.parentSpanId, '')
  assert.equal(ended[0]?.links?.[0]?.context.traceId, LOW)
})

for (const [text, attributes, expected] of [
  ['/health*=0', ['url.path', '/health/live'], false],
  ['/health*=0', ['url.path', '/healt'], undefined],
  ['GET /orders/:id=1', ['http.request.method', 'GET', 'url.path', '/orders/7'], true],
  ['GET /orders/:id=1', ['http.request.method', 'POST', 'url.path', '/orders/7'], undefined],
  ['GET /orders/:id=1', ['http.request.method', 'GET', 'url.path', '/orders/7/items'], undefined],
  ['host=internal.*=0', ['server.address', 'internal.example'], false],
  ['host=internal.*=0', ['server.address', 'internal'], undefined],
  ['messaging.system=kafka=1', ['messaging.system', 'kafka'], true],
  ['name=GET POST=1', ['http.request.method', 'POST'], true],
  ['POST /a.b=1', ['http.request.method', 'POST', 'url.path', '/acb'], undefined],
  ['*=10/s', [], true],
  ['/a*a*a*a*=0', ['url.path', `/${'a'.repeat(5000)}`], false],
  ['/a*a*a*a*b=0', ['url.path', `/${'a'.repeat(5000)}`], undefined],
  ['/*/users/*/x=0', ['url.path', '/v1/users/users/7/y/x'], false],
  ['/*/users/:id/*x=0', ['url.path', '/v1/users/users/7/y/x'], false],
  ['/*/:id.json*y=0', ['url.path', '/v1/a/b.json.json/y'], false],
  ['/*/:id.json/y=0', ['url.path', '/v1/a/b.json.json/y'], false],
  ['/a*a=0', ['url.path', '/a'], undefined],
] as const) {
  test(`the rule ${text} says ${expected} of ${attributes.join(' ').slice(0, 60)}`, () => {
    const { value, problem } = parseRules(text)
    assert.equal(problem, undefined)
    const seen: unknown[] = []
    const last: HeadSampler = { decide: () => void seen.push('asked') }
    const { tracer } = tracerWith({ head: firstOf([...value!.map((rule) => ruleSampler(rule)), last]) })
    const span = serve(tracer, [...attributes])
    assert.equal(span.isRecording(), expected ?? true)
    assert.equal(seen.length, expected === undefined ? 1 : 0)
  })
}

test('the first rule that fits decides, also by attributes that the program gives its span', () => {
  const { value } = parseRules('tenant=free=0; tenant=*=1; *=0')
  const { tracer } = tracerWith({ head: firstOf(value!.map((rule) => ruleSampler(rule))) })
  const isRecorded = (tenant?: string) =>
    tracer.startSpan('job', tenant === undefined ? {} : { attributes: { tenant } }, ROOT_CONTEXT).isRecording()
  assert.deepEqual([isRecorded('free'), isRecorded('paid'), isRecorded()], [false, true, false])
})

test('a rate is that of the clock, with those of one second at once', () => {
  let millis = 0
  const { decide } = rateLimit(10, () => millis)
  const taken = (tries: number) =>
    Array.from({ length: tries }, () => decide(undefined as never)?.sampled).filter(Boolean).length
  assert.equal(taken(100), 10)
  millis += 500
  assert.equal(taken(100), 5)
  millis += 60_000
  assert.equal(taken(100), 10)
  const rare = rateLimit(0.5, () => millis)
  assert.equal(rare.decide(undefined as never)?.sampled, true)
  assert.equal(rare.decide(undefined as never)?.sampled, false)
  millis += 2000
  assert.equal(rare.decide(undefined as never)?.sampled, true)
})

test('what was dropped is kept when it fails, whole and with honest flags', () => {
  const { tracer, ended } = tracerWith({}, {})
  const root = serve(tracer, ['url.path', '/'])
  const child = tracer.startSpan('child', {}, under(root))
  const late = tracer.startSpan('late', {}, under(child))
  assert.equal(root.spanContext().traceFlags & 1, 0)
  child.end()
  root.setStatus({ code: STATUS_ERROR })
  assert.equal(ended.length, 0)
  root.end()
  late.end()
  assert.deepEqual(
    ended.map(({ name, traceFlags }) => [name, traceFlags & 1]),
    [
      ['child', 0],
      ['GET', 0],
      ['late', 0],
    ],
  )
  assert.equal(attributesOf(ended[1]!.attributes)[KEPT], 'error')
})

test('what was dropped and does not matter is gone, with what ends later', () => {
  const { tracer, ended, keeper } = tracerWith({}, { slowMillis: 1000 })
  const root = serve(tracer, [])
  const late = tracer.startSpan('late', {}, under(root))
  tracer.startSpan('child', {}, under(root)).end()
  assert.equal(keeper.size, 1)
  root.end()
  late.end()
  assert.deepEqual([ended.length, keeper.size], [0, 0])
})

test('a slow one is kept, from the bound on', () => {
  for (const [millis, count] of [
    [999, 0],
    [1000, 1],
  ] as const) {
    const { tracer, ended } = tracerWith({}, { errors: false, slowMillis: 1000 })
    const startTime = 1_700_000_000_000
    const root = tracer.startSpan('root', { startTime }, ROOT_CONTEXT)
    root.setStatus({ code: STATUS_ERROR })
    root.end(startTime + millis)
    assert.equal(ended.length, count, `${millis}`)
    if (count === 1) assert.equal(attributesOf(ended[0]!.attributes)[KEPT], 'slow')
  }
})

test('what is held is bounded: the oldest trace loses its spans, and says so', () => {
  const { tracer, ended, keeper } = tracerWith({}, { maxSpans: 2 })
  const [old, young] = [serve(tracer, []), serve(tracer, [])]
  for (const root of [old, old, young]) tracer.startSpan('child', {}, under(root)).end()
  assert.deepEqual([keeper.size, keeper.missed], [1, 2])
  for (const root of [old, young]) root.setStatus({ code: STATUS_ERROR }).end()
  assert.deepEqual(
    ended.map(({ name }) => name),
    ['GET', 'child', 'GET'],
  )
  assert.equal(attributesOf(ended[0]!.attributes)[KEPT_MISSING], 2)
  assert.equal(keeper.size, 0)
})

test('what a caller has dropped is kept as well, and what is sampled is passed on at once', () => {
  const { tracer, ended } = tracerWith({}, {})
  serve(tracer, [], below({ traceFlags: 1 })).end()
  const span = serve(tracer, [], below({ traceFlags: 0 }))
  assert.equal(span.spanContext().traceFlags & 1, 0)
  span.setStatus({ code: STATUS_ERROR }).end()
  assert.deepEqual(
    ended.map(({ traceFlags, traceId }) => [traceFlags & 1, traceId]),
    [
      [1, LOW],
      [0, LOW],
    ],
  )
})

const start = (name: string, method = '', path = '') => ({
  name,
  traceId: '',
  randomness: '7fffffffffffff',
  attribute: (key: string) => ({ 'http.request.method': method, 'url.path': path })[key],
})

for (const [answer, expected] of [
  ['{"strategyType":"PROBABILISTIC","probabilisticSampling":{"samplingRate":0.4}}', false],
  ['{"strategyType":0,"probabilisticSampling":{"samplingRate":0.6}}', true],
  ['{"probabilisticSampling":{}}', false],
  ['{"strategyType":"RATE_LIMITING","rateLimitingSampling":{"maxTracesPerSecond":2}}', true],
  ['{"rateLimitingSampling":{"maxTracesPerSecond":0}}', false],
  ['{"operationSampling":{"defaultSamplingProbability":1}}', true],
  [
    '{"probabilisticSampling":{"samplingRate":1},"operationSampling":{"defaultSamplingProbability":1,"perOperationStrategies":[{"operation":"GET /users/:id","probabilisticSampling":{"samplingRate":0}}]}}',
    false,
  ],
  [
    '{"operationSampling":{"perOperationStrategies":[{"operation":"GET","probabilisticSampling":{"samplingRate":1}}]}}',
    true,
  ],
  ['{"operationSampling":{"defaultLowerBoundTracesPerSecond":1}}', true],
] as const) {
  test(`a strategy of Jaeger is followed: ${answer.slice(0, 80)} ${answer.length}`, () => {
    const strategies = new Strategies(expected ? 0 : 1)
    assert.equal(strategies.decide(start('GET', 'GET', '/users/7'))?.sampled, !expected)
    strategies.replace(answer)
    assert.equal(strategies.decide(start('GET', 'GET', '/users/7'))?.sampled, expected)
  })
}

test('an answer that is no strategy leaves the last one', () => {
  const strategies = new Strategies(1)
  for (const answer of ['', '{', 'null', '[]', '{"a":1}', '"x"']) {
    assert.throws(() => strategies.replace(answer))
    assert.equal(strategies.decide(start('GET'))?.sampled, true, answer)
  }
})
