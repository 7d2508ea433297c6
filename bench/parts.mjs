// Micro-benchmarks of the agent's parts, a process of its own: prints JSON. What the compiled agent lacks is left out.
// node --expose-gc --min-semi-space-size=64 bench/parts.mjs
import { median } from './statistics.mjs'

const DIST = new URL('../dist/src/', import.meta.url)
const BATCHES = 15
const BATCH_MILLIS = 40
const ALLOCATION_CALLS = 20_000
const TRACE_PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

const [
  contexts,
  manager,
  { createPropagator },
  { AgentTracerProvider },
  { alwaysOn },
  { DEFAULT_LIMITS },
  encoders,
  { AgentMeterProvider },
  { MetricReader },
] = await Promise.all(
  [
    'context/context.js',
    'context/manager.js',
    'propagation/composite.js',
    'trace/provider.js',
    'trace/sampler.js',
    'trace/limits.js',
    'otlp/encoders.js',
    'metrics/provider.js',
    'metrics/reader.js',
  ].map((file) => import(new URL(file, DIST).href)),
)

const { ROOT_CONTEXT, SPAN_KEY } = contexts
const propagator = createPropagator(['tracecontext', 'baggage'])
const resource = { attributes: ['service.name', 'bench'], schemaUrl: '' }
const getter = { get: (carrier, name) => carrier[name], keys: Object.keys }
const setter = {
  set: (carrier, name, value) => {
    carrier[name] = value
  },
}
const headers = { host: '127.0.0.1:8080', 'user-agent': 'autospan-bench', accept: '*/*', traceparent: TRACE_PARENT }

let taken
const nowhere = { onEnd: (span) => (taken = span) }
const tracer = tracerTo(nowhere)
const span = tracer.start('GET', 1, ROOT_CONTEXT, describe, headers)
span.end()
const context = ROOT_CONTEXT.setValue(SPAN_KEY, span)
const encoder = encoders.createSpanEncoder('http/protobuf', resource)
const encoding = { onEnd: encode }
const encodingTracer = tracerTo(encoding)

const reader = new MetricReader({
  temporality: 'cumulative',
  histograms: 'explicit_bucket_histogram',
  exemplars: 'trace_based',
  keepsExemplars: false,
})
const histogram = new AgentMeterProvider([reader]).getMeter('bench').createHistogram('duration', {
  advice: { explicitBucketBoundaries: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10] },
})
const series = histogram.bind(['http.request.method', 'GET', 'http.route', '/users/:id'])

const noop = () => {}

const PARTS = {
  'context: derive and run': () => manager.runIn(ROOT_CONTEXT.setValue(SPAN_KEY, span), noop, undefined),
  'extract: traceparent': () => propagator.extract(ROOT_CONTEXT, headers, getter),
  'extract: no header': () => propagator.extract(ROOT_CONTEXT, setter, getter),
  'inject: traceparent': () => propagator.inject(context, {}, setter),
  'span, 10 attributes: start, end': () => tracer.start('GET', 1, ROOT_CONTEXT, describe, headers).end(),
  'histogram, 5 attributes: record': () => histogram.record(0.03, pointAttributes()),
  'histogram, 5 attributes: record with exemplar': () => histogram.record(0.03, pointAttributes(), context),
  'histogram, attributes looked up before: record with exemplar': () => series.record(0.03, 1.7e12, span),
  'span, 10 attributes: encode': () => encode(taken),
  'span, 10 attributes: start, end, encode': () =>
    encodingTracer.start('GET', 1, ROOT_CONTEXT, describe, headers).end(),
}

const results = []
for (const [name, call] of Object.entries(PARTS)) results.push({ name, nanos: nanosOf(call), bytes: bytesOf(call) })
process.stdout.write(`${JSON.stringify(results)}\n`)

function tracerTo(processor) {
  return new AgentTracerProvider({ sampler: alwaysOn, limits: DEFAULT_LIMITS, processor }).getTracer('bench', '1')
}

function describe(headers) {
  return [
    'http.request.method',
    'GET',
    'url.path',
    '/users/42',
    'url.scheme',
    'http',
    'server.address',
    '127.0.0.1',
    'server.port',
    8080,
    'client.address',
    '127.0.0.1',
    'network.protocol.version',
    '1.1',
    'user_agent.original',
    headers['user-agent'],
    'http.route',
    '/users/:id',
    'http.response.status_code',
    200,
  ]
}

function pointAttributes() {
  return {
    'http.request.method': 'GET',
    'url.scheme': 'http',
    'http.route': '/users/:id',
    'http.response.status_code': 200,
    'network.protocol.version': '1.1',
  }
}

function encode(ended) {
  encoder.add(ended)
  if (encoder.count >= 512) encoder.take()
}

/** The median over batches, after a second of warming up. */
function nanosOf(call) {
  let calls = 1000
  for (const until = performance.now() + 500; performance.now() < until; ) repeat(call, calls)
  const began = performance.now()
  repeat(call, calls)
  calls = Math.ceil((calls * BATCH_MILLIS) / Math.max(performance.now() - began, 0.01))
  const batches = []
  for (let i = 0; i < BATCHES; i++) {
    const start = performance.now()
    repeat(call, calls)
    batches.push(((performance.now() - start) * 1e6) / calls)
  }
  return median(batches)
}

/** Bytes on the heap for each call; NaN without --expose-gc. */
function bytesOf(call) {
  if (globalThis.gc === undefined) return Number.NaN
  globalThis.gc()
  const before = process.memoryUsage().heapUsed
  repeat(call, ALLOCATION_CALLS)
  return (process.memoryUsage().heapUsed - before) / ALLOCATION_CALLS
}

function repeat(call, calls) {
  for (let i = 0; i < calls; i++) call()
}
