import assert from 'node:assert/strict'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { isDisabled } from '../../src/config/disabled.js'
import { readEnvironment } from '../../src/config/environment.js'
import { readConfig } from '../../src/config/read.js'
import { VARIABLES } from '../../src/config/variables.js'
import { DEFAULT_LIMITS } from '../../src/trace/limits.js'
import { configOf, NAMES } from './reading.js'

test('without variables all is as the specification has it', () => {
  const { instrumentations, traces, metrics, logs, ...config } = configOf({})
  const { otlp, ...others } = traces
  assert.deepEqual(config, {
    enabled: true,
    logLevel: 'info',
    resourceAttributes: new Map(),
    resourceDetectors: new Set(['env', 'process', 'host', 'os', 'serviceinstance', 'container', 'k8s']),
    delivery: { maxQueueBytes: 32 * 1024 * 1024, maxRequestBytes: 4 * 1024 * 1024, spool: undefined },
    propagators: ['tracecontext', 'baggage'],
    workerContext: false,
    redaction: undefined,
    doctor: undefined,
    sheds: true,
    control: undefined,
    exitTimeoutMillis: 1000,
  })
  assert.deepEqual(others, {
    exporters: ['otlp'],
    file: resolve('traces.jsonl'),
    sampling: {
      sampler: 'parentbased_always_on',
      share: 1,
      remote: undefined,
      rules: [],
      keep: undefined,
      callers: { policy: 'obey', trusted: [] },
    },
    limits: DEFAULT_LIMITS,
    batch: {
      scheduleDelayMillis: 5000,
      maxQueueSize: undefined,
      maxExportBatchSize: 512,
      exportTimeoutMillis: 30_000,
    },
  })
  assert.deepEqual(
    { ...otlp, url: otlp.url.href },
    {
      protocol: 'http/protobuf',
      url: 'http://localhost:4318/v1/traces',
      headers: new Map(),
      timeoutMillis: 10_000,
      compression: 'none',
      tls: { authorities: undefined, clientCertificate: undefined, clientKey: undefined },
      proxy: undefined,
    },
  )
  const { otlp: logsOtlp, ...ofLogs } = logs
  assert.deepEqual(ofLogs, {
    exporters: ['otlp'],
    sources: new Set(),
    exceptions: undefined,
    file: resolve('logs.jsonl'),
    limits: { count: 128, valueLength: Number.POSITIVE_INFINITY },
    batch: { ...others.batch, scheduleDelayMillis: 1000 },
  })
  assert.deepEqual({ ...logsOtlp, url: logsOtlp.url.href }, { ...otlp, url: 'http://localhost:4318/v1/logs' })
  assert.deepEqual(
    { ...metrics, otlp: metrics.otlp.url.href },
    {
      exporters: ['otlp'],
      intervalMillis: 60_000,
      timeoutMillis: 30_000,
      exemplars: 'trace_based',
      temporality: 'cumulative',
      histograms: 'explicit_bucket_histogram',
      file: resolve('metrics.jsonl'),
      views: [],
      cardinalityLimits: {},
      ofSelf: false,
      otlp: 'http://localhost:4318/v1/metrics',
      prometheus: { host: 'localhost', port: 9464 },
    },
  )
  for (const name of NAMES) assert.equal(instrumentations.isEnabled(name), true)
})

test('an empty variable is an unset one', () => {
  for (const empty of ['', ' ', '\t', '\n']) {
    const env = Object.fromEntries(Object.keys(VARIABLES).map((name) => [name, empty]))
    assert.deepEqual(withoutFunctions(configOf(env)), withoutFunctions(configOf({})))
  }
})

test('blanks around a value do not matter', () => {
  assert.equal(configOf({ OTEL_TRACES_SAMPLER: ' always_off ' }).traces.sampling.sampler, 'always_off')
  assert.equal(configOf({ OTEL_BSP_SCHEDULE_DELAY: '100\n' }).traces.batch.scheduleDelayMillis, 100)
})

test('the configuration cannot be changed', () => {
  const config = configOf({})
  for (const part of [
    config,
    config.propagators,
    config.instrumentations,
    config.traces,
    config.traces.exporters,
    config.traces.limits,
    config.traces.batch,
    config.traces.otlp,
    config.traces.otlp.tls,
    config.metrics,
    config.metrics.exporters,
    config.metrics.prometheus,
  ]) {
    assert.equal(Object.isFrozen(part), true)
  }
})

test('the agent is disabled by either variable, and by no other value', () => {
  for (const [sdkDisabled, enabled, disabled] of [
    [undefined, undefined, false],
    ['true', undefined, true],
    [' TRUE ', undefined, true],
    ['false', undefined, false],
    ['1', undefined, false],
    [undefined, 'false', true],
    [undefined, ' False ', true],
    [undefined, 'true', false],
    [undefined, '0', false],
    [undefined, '', false],
    ['true', 'true', true],
    ['false', 'false', true],
  ] as const) {
    const env = { OTEL_SDK_DISABLED: sdkDisabled, OTEL_ENABLED: enabled }
    assert.equal(isDisabled(env), disabled, JSON.stringify(env))
    assert.equal(readConfig(env, NAMES, () => {}).enabled, !disabled, JSON.stringify(env))
  }
})

test("the environment is the process's own", () => {
  assert.equal(readEnvironment(), process.env)
})

test('exporters and propagators are lists, and none is an empty one', () => {
  assert.deepEqual(configOf({ OTEL_TRACES_EXPORTER: 'Console,otlp,console' }).traces.exporters, ['console', 'otlp'])
  assert.deepEqual(configOf({ OTEL_TRACES_EXPORTER: 'none' }).traces.exporters, [])
  assert.deepEqual(configOf({ OTEL_PROPAGATORS: 'baggage,BAGGAGE' }).propagators, ['baggage'])
  assert.deepEqual(configOf({ OTEL_PROPAGATORS: 'none' }).propagators, [])
})

test('a ratio counts with the samplers that know it', () => {
  for (const [sampler, arg, ratio] of [
    ['traceidratio', '0.25', 0.25],
    ['parentbased_traceidratio', '0', 0],
    ['ParentBased_TraceIdRatio', undefined, 1],
    ['always_on', undefined, 1],
    [undefined, undefined, 1],
  ] as const) {
    const { traces } = configOf({ OTEL_TRACES_SAMPLER: sampler, OTEL_TRACES_SAMPLER_ARG: arg })
    assert.equal(traces.sampling.share, ratio, `${sampler} ${arg}`)
  }
})

test('limits of spans win over the general ones', () => {
  for (const [general, own, limit] of [
    [undefined, undefined, 128],
    ['64', undefined, 64],
    ['64', '32', 32],
    [undefined, '32', 32],
    ['64', '0', 0],
    ['64', '', 64],
  ] as const) {
    const { limits } = configOf({ OTEL_ATTRIBUTE_COUNT_LIMIT: general, OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: own }).traces
    assert.deepEqual(limits, { ...DEFAULT_LIMITS, attributeCount: limit })
  }
  for (const [general, own, limit] of [
    [undefined, undefined, Number.POSITIVE_INFINITY],
    ['64', undefined, 64],
    ['64', '32', 32],
    [undefined, '0', 0],
  ] as const) {
    const env = { OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: general, OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: own }
    assert.deepEqual(configOf(env).traces.limits, { ...DEFAULT_LIMITS, attributeValueLength: limit })
  }
  for (const [variable, field] of [
    ['OTEL_SPAN_EVENT_COUNT_LIMIT', 'eventCount'],
    ['OTEL_SPAN_LINK_COUNT_LIMIT', 'linkCount'],
    ['OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT', 'attributesPerEvent'],
    ['OTEL_SPAN_ATTRIBUTE_PER_EVENT_COUNT_LIMIT', 'attributesPerEvent'],
    ['OTEL_LINK_ATTRIBUTE_COUNT_LIMIT', 'attributesPerLink'],
    ['OTEL_SPAN_ATTRIBUTE_PER_LINK_COUNT_LIMIT', 'attributesPerLink'],
  ] as const) {
    assert.deepEqual(configOf({ [variable]: '7' }).traces.limits, { ...DEFAULT_LIMITS, [field]: 7 })
  }
})

test('a batch is never larger than the queue', () => {
  for (const [queue, batch, expected] of [
    [undefined, '4096', 4096],
    ['512', undefined, 512],
    ['511', undefined, 511],
    ['100', '100', 100],
    ['100', '99', 99],
    ['1', '1', 1],
  ] as const) {
    const env = { OTEL_BSP_MAX_QUEUE_SIZE: queue, OTEL_BSP_MAX_EXPORT_BATCH_SIZE: batch }
    const read = configOf(env).traces.batch
    assert.equal(read.maxExportBatchSize, expected)
    assert.equal(read.maxQueueSize, queue === undefined ? undefined : Number(queue))
  }
})

test('a timeout of 0 is no limit', () => {
  assert.equal(configOf({ OTEL_BSP_EXPORT_TIMEOUT: '0' }).traces.batch.exportTimeoutMillis, Number.POSITIVE_INFINITY)
  assert.equal(configOf({ OTEL_EXPORTER_OTLP_TIMEOUT: '0' }).traces.otlp.timeoutMillis, Number.POSITIVE_INFINITY)
  assert.equal(configOf({ OTEL_BSP_SCHEDULE_DELAY: '0' }).traces.batch.scheduleDelayMillis, 0)
})

test('OTLP settings for traces win over the general ones', () => {
  const general = {
    OTEL_EXPORTER_OTLP_PROTOCOL: 'HTTP/JSON',
    OTEL_EXPORTER_OTLP_TIMEOUT: '1',
    OTEL_EXPORTER_OTLP_COMPRESSION: 'GZIP',
  }
  const own = {
    OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/protobuf',
    OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: '2',
    OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: 'none',
  }
  const { protocol, timeoutMillis, compression } = configOf(general).traces.otlp
  assert.deepEqual([protocol, timeoutMillis, compression], ['http/json', 1, 'gzip'])
  const otlp = configOf({ ...general, ...own }).traces.otlp
  assert.deepEqual([otlp.protocol, otlp.timeoutMillis, otlp.compression], ['http/protobuf', 2, 'none'])
})

function withoutFunctions(value: object): object {
  return JSON.parse(JSON.stringify(value))
}
