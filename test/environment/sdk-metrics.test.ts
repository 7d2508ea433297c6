import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { status } from '@grpc/grpc-js'
import { GrpcSink, type GrpcSinkOptions } from '../harness/grpc-sink.js'
import { launch, type ProgramOptions } from '../harness/program.js'
import { type Answer, type Sink, startSink } from '../harness/sink.js'

const APP = 'metrics/spans.mjs'

interface Collector {
  readonly port: number
  /** With the path of traces, where it is for HTTP. */
  readonly url: string
}

interface Case {
  readonly what: string
  readonly protocol?: 'http/protobuf' | 'http/json' | 'grpc'
  readonly traces: (t: TestContext) => Promise<Collector>
  /** Attributes of the duration, but for those of the exporter. */
  readonly outcome: Readonly<Record<string, unknown>>
}

const byHttp = (answer: Answer) => async (t: TestContext) => {
  const { url, port } = await startSink(t, { respond: () => answer })
  return { url: `${url}/v1/traces`, port }
}
const byGrpc = (respond?: GrpcSinkOptions['respond']) => (t: TestContext) =>
  GrpcSink.start(t, respond === undefined ? {} : { respond })
const nowhere = async () => ({ url: 'http://127.0.0.1:1', port: 1 })

const HTTP_STATUS = 'http.response.status_code'
const RPC_STATUS = 'rpc.status_code'
const UNAVAILABLE = { code: status.UNAVAILABLE, details: 'later' }
const DENIED = { code: status.PERMISSION_DENIED, details: 'no' }

const CASES: readonly Case[] = [
  { what: 'a success', traces: byHttp({}), outcome: { [HTTP_STATUS]: 200 } },
  { what: 'a success', protocol: 'http/json', traces: byHttp({}), outcome: { [HTTP_STATUS]: 200 } },
  { what: 'a success', protocol: 'grpc', traces: byGrpc(), outcome: { [RPC_STATUS]: 'OK' } },
  {
    what: 'a partial success',
    traces: byHttp({ partialSuccess: { rejectedSpans: 1, errorMessage: 'odd' } }),
    outcome: { [HTTP_STATUS]: 200, 'error.type': 'rejected' },
  },
  { what: '401', traces: byHttp({ status: 401 }), outcome: { [HTTP_STATUS]: 401, 'error.type': '401' } },
  {
    what: 'PERMISSION_DENIED',
    protocol: 'grpc',
    traces: byGrpc(() => DENIED),
    outcome: { [RPC_STATUS]: 'PERMISSION_DENIED', 'error.type': 'PERMISSION_DENIED' },
  },
  {
    what: '503 until there is no more room',
    traces: byHttp({ status: 503 }),
    outcome: { [HTTP_STATUS]: 503, 'error.type': '503' },
  },
  {
    what: 'UNAVAILABLE until there is no more room',
    protocol: 'grpc',
    traces: byGrpc(() => UNAVAILABLE),
    outcome: { [RPC_STATUS]: 'UNAVAILABLE', 'error.type': 'UNAVAILABLE' },
  },
  { what: 'nobody there', traces: nowhere, outcome: { 'error.type': 'ECONNREFUSED' } },
  { what: 'nobody there', protocol: 'grpc', traces: nowhere, outcome: { 'error.type': 'ECONNREFUSED' } },
  { what: 'no answer', traces: byHttp({ delayMillis: 60_000 }), outcome: { 'error.type': 'timeout' } },
]

const TYPES = {
  'http/protobuf': 'otlp_http_span_exporter',
  'http/json': 'otlp_http_json_span_exporter',
  grpc: 'otlp_grpc_span_exporter',
} as const

for (const { what, protocol = 'http/protobuf', traces, outcome } of CASES) {
  test(`an export of spans by ${protocol} that meets ${what} is told with all of that`, async (t) => {
    const sink = await startSink(t)
    const { url, port } = await traces(t)
    launchTo(t, sink, {
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: url,
      OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: protocol,
      OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: what === 'no answer' ? '200' : '10000',
    })
    const exporter = {
      ...component(TYPES[protocol]),
      'server.address': '127.0.0.1',
      'server.port': port,
    }
    const error = outcome['error.type']
    await sink.until(() => pointsOf(sink, 'exporter.operation.duration', exporter).length > 0, 'a duration')
    for (const { attributes, count } of pointsOf(sink, 'exporter.operation.duration', exporter)) {
      assert.deepEqual(attributes, { ...exporter, ...outcome })
      assert.ok(Number(count) > 0)
    }
    const failed = { ...exporter, ...(error === undefined ? {} : { 'error.type': error }) }
    await sink.until(() => newest(sink, 'exporter.span.exported', failed) > 0, 'a count of spans with the same outcome')
    assert.ok(newest(sink, 'exporter.span.inflight', exporter) >= 0)
    assert.ok(newest(sink, 'processor.span.processed', component('batching_span_processor')) > 0)
    const reader = component('periodic_metric_reader')
    await sink.until(() => pointsOf(sink, 'metric_reader.collection.duration', reader).length > 0, 'a collection')
    const [collection] = pointsOf(sink, 'metric_reader.collection.duration', reader)
    assert.deepEqual(collection?.attributes, reader)
  })
}

/** A program of which one request waits at most; what it tells of itself goes to `sink`. */
function launchTo(t: TestContext, sink: Sink, env: ProgramOptions['env']): void {
  launch(t, APP, {
    env: {
      ...sink.env,
      ...env,
      AUTOSPAN_EXIT_TIMEOUT: '100',
      AUTOSPAN_SHEDDING: 'false',
      OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '1',
      OTEL_BSP_MAX_QUEUE_SIZE: '1',
      OTEL_BSP_SCHEDULE_DELAY: '0',
      OTEL_METRIC_EXPORT_INTERVAL: '50',
      OTEL_NODE_EXPERIMENTAL_SDK_METRICS: 'true',
    },
  })
}

function component(type: string): Readonly<Record<string, unknown>> {
  return { 'otel.component.type': type, 'otel.component.name': `${type}/0` }
}

/** The newest of a component. */
function pointsOf(sink: Sink, name: string, { 'otel.component.name': own }: Readonly<Record<string, unknown>>) {
  const points = sink.metric(`otel.sdk.${name}`)?.points ?? []
  return points.filter(({ attributes }) => attributes['otel.component.name'] === own)
}

/** The newest value with these attributes and no others; -1 where there is none. */
function newest(sink: Sink, name: string, attributes: Readonly<Record<string, unknown>>): number {
  const points = pointsOf(sink, name, attributes)
  return points.find((point) => sorted(point.attributes) === sorted(attributes))?.value ?? -1
}

function sorted(attributes: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(Object.entries(attributes).sort())
}
