import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reading } from './reading.js'

type Case = readonly [env: Record<string, string>, line: string]

/** What OpenTelemetry's own agent was seen to pass over in silence. */
const SILENT_ELSEWHERE: readonly Case[] = [
  [{ OTEL_TRACES_EXPORTER: 'oltp' }, 'OTEL_TRACES_EXPORTER="oltp" is not known (did you mean otlp?); using otlp'],
  [
    { OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'htpp' },
    'OTEL_NODE_ENABLED_INSTRUMENTATIONS="htpp" is not known (did you mean http?); using none',
  ],
  [
    { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protbuf' },
    'OTEL_EXPORTER_OTLP_PROTOCOL="http/protbuf" is not known (did you mean http/protobuf?); using http/protobuf',
  ],
  [
    { OTEL_TRACES_SAMPLER: 'paretbased' },
    'OTEL_TRACES_SAMPLER="paretbased" is not known (known are always_on, always_off, traceidratio, parentbased_always_on, parentbased_always_off, parentbased_traceidratio, jaeger_remote, parentbased_jaeger_remote); using parentbased_always_on',
  ],
  [
    { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '2' },
    'OTEL_TRACES_SAMPLER_ARG="2" is not a number from 0 to 1; using 1',
  ],
  [
    { OTEL_EXPORTER_OTLP_ENDPIONT: 'http://c:4318' },
    'OTEL_EXPORTER_OTLP_ENDPIONT is not known (did you mean OTEL_EXPORTER_OTLP_ENDPOINT?); it is ignored',
  ],
  [
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'localhost:4318' },
    'OTEL_EXPORTER_OTLP_ENDPOINT="localhost:4318" has no scheme; using http://localhost:4318/v1/traces',
  ],
  [
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318/v1/traces' },
    'OTEL_EXPORTER_OTLP_ENDPOINT="http://c:4318/v1/traces" already ends with v1/traces, which is not appended twice (OTEL_EXPORTER_OTLP_TRACES_ENDPOINT takes a complete URL); using http://c:4318/v1/traces',
  ],
  [
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4317' },
    'OTEL_EXPORTER_OTLP_ENDPOINT="http://c:4317" has port 4317, which is usual for gRPC, while no protocol is set; using grpc to http://c:4317',
  ],
  [
    { OTEL_PROPAGATORS: 'tracecontext,bagage' },
    'OTEL_PROPAGATORS="tracecontext,bagage" holds "bagage", which is not known (did you mean baggage?); using tracecontext',
  ],
  [
    { OTEL_BSP_SCHEDULE_DELAY: '5s' },
    'OTEL_BSP_SCHEDULE_DELAY="5s" is not a whole number of milliseconds from 0 to 2147483647; using 5000',
  ],
]

const OTHERS: readonly Case[] = [
  [
    { AUTOSPAN_HTTP_NO_PROPAGATION_TO: 'https://user@partner.com:8443/v1?x, a.internal' },
    'AUTOSPAN_HTTP_NO_PROPAGATION_TO="https://user@partner.com:8443/v1?x, a.internal" holds "https://user@partner.com:8443/v1?x", which is more than a host; using partner.com,a.internal',
  ],
  [
    { AUTOSPAN_HTTP_IGNORE_HOSTS: '[::1],::2,[::3]:80,*.internal' },
    'AUTOSPAN_HTTP_IGNORE_HOSTS="[::1],::2,[::3]:80,*.internal" holds "[::3]:80", which is more than a host; using ::1,::2,::3,*.internal',
  ],
  [
    { AUTOSPAN_HTTP_PROPAGATE_TO: '*:3000' },
    'AUTOSPAN_HTTP_PROPAGATE_TO="*:3000" holds "*:3000", which is no host; using none',
  ],
  [
    { AUTOSPAN_HTTP_IGNORE_PATHS: '/ready,healthz' },
    'AUTOSPAN_HTTP_IGNORE_PATHS="/ready,healthz" holds "healthz", which is a path without its first /; using /ready,/healthz',
  ],
  [
    { AUTOSPAN_HTTP_IGNORE_PATHS: '/find?type=probe,*/ready' },
    'AUTOSPAN_HTTP_IGNORE_PATHS="/find?type=probe,*/ready" holds "/find?type=probe", which is more than a path; using */ready',
  ],
  [{ OTEL_SERVICE_NAME: '"shop"' }, 'OTEL_SERVICE_NAME="\\"shop\\"" is in quotes, which are left out; using shop'],
  [
    { OTEL_EXPORTER_OTLP_ENDPOINT: "'c:4318'" },
    `OTEL_EXPORTER_OTLP_ENDPOINT="'c:4318'" is in quotes, which are left out and has no scheme; using http://c:4318/v1/traces`,
  ],
  [
    { OTEL_TRACES_EXPORTER: '"oltp"' },
    'OTEL_TRACES_EXPORTER="\\"oltp\\"" is in quotes, which are left out and is not known (did you mean otlp?); using otlp',
  ],
  [
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://$(HOST_IP):4318' },
    'OTEL_EXPORTER_OTLP_ENDPOINT="http://$(HOST_IP):4318" holds a reference to a variable that nobody has replaced and is not an http or https URL; using http://localhost:4318/v1/traces',
  ],
  [
    { OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer $(TOKEN)' },
    'OTEL_EXPORTER_OTLP_HEADERS holds a reference to a variable that nobody has replaced; using 1 header of it',
  ],
  [
    { OTEL_EXPORTER_OTLP_HEADERS: 'Authorization: Bearer abc' },
    'OTEL_EXPORTER_OTLP_HEADERS is not name=value,name=value: entry 1 is written name: value (not shown, it may be secret); using 1 header of it',
  ],
  [
    { OTEL_SEMCONV_STABILITY_OPT_IN: 'http/dup,database' },
    'OTEL_SEMCONV_STABILITY_OPT_IN="http/dup,database" asks for the old names too, and the agent has the stable ones only; using http,database',
  ],
  [
    { OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_REQUEST_HEADERS: '*' },
    'OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_REQUEST_HEADERS="*" is a pattern, not the name of a header; it is ignored',
  ],
  [
    { OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_RESPONSE_HEADERS: 'x leaf,X-Root' },
    'OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_RESPONSE_HEADERS="x leaf,X-Root" holds "x leaf", which is not the name of a header; using x-root',
  ],
  [
    { OTEL_INSTRUMENTATION_HTTP_CLIENT_CAPTURE_REQUEST_HEADERS: 'a:b,,x-root' },
    'OTEL_INSTRUMENTATION_HTTP_CLIENT_CAPTURE_REQUEST_HEADERS="a:b,,x-root" holds "a:b", which is not the name of a header; using x-root',
  ],
  [
    { OTEL_INSTRUMENTATION_HTTP_CLIENT_CAPTURE_RESPONSE_HEADERS: 'x leaf' },
    'OTEL_INSTRUMENTATION_HTTP_CLIENT_CAPTURE_RESPONSE_HEADERS="x leaf" is not the name of a header; it is ignored',
  ],
  [{ OTEL_SDK_DISABLED: '1' }, 'OTEL_SDK_DISABLED="1" is neither true nor false; using false'],
  [{ AUTOSPAN_DOCTOR: 'yes' }, 'AUTOSPAN_DOCTOR="yes" is neither true nor false; it is ignored'],
  [{ OTEL_ENABLED: 'yes' }, 'OTEL_ENABLED="yes" is neither true nor false; using true'],
  [{ OTEL_LOG_LEVEL: 'debgu' }, 'OTEL_LOG_LEVEL="debgu" is not known (did you mean debug?); using info'],
  [{ OTEL_TRACES_EXPORTER: 'zipkin' }, 'OTEL_TRACES_EXPORTER="zipkin" is not supported; using otlp'],
  [
    { OTEL_TRACES_EXPORTER: 'none,console' },
    'OTEL_TRACES_EXPORTER="none,console" names none beside others; using console',
  ],
  [
    { OTEL_PROPAGATORS: 'b3mulit' },
    'OTEL_PROPAGATORS="b3mulit" is not known (did you mean b3multi?); using tracecontext,baggage',
  ],
  [
    { OTEL_TRACES_SAMPLER: 'always_onn', OTEL_TRACES_SAMPLER_ARG: 'nonsense' },
    'OTEL_TRACES_SAMPLER="always_onn" is not known (did you mean always_on?); using parentbased_always_on',
  ],
  [
    { OTEL_TRACES_SAMPLER_ARG: '0.1' },
    'OTEL_TRACES_SAMPLER_ARG="0.1" has no effect with OTEL_TRACES_SAMPLER=parentbased_always_on: samplers named traceidratio read it, as parentbased_traceidratio; it is ignored',
  ],
  [
    { OTEL_TRACES_SAMPLER: 'Always_On', OTEL_TRACES_SAMPLER_ARG: '0.1' },
    'OTEL_TRACES_SAMPLER_ARG="0.1" has no effect with OTEL_TRACES_SAMPLER=always_on: samplers named traceidratio read it, as traceidratio; it is ignored',
  ],
  [{ OTEL_TRACES_SAMPLER: 'xray' }, 'OTEL_TRACES_SAMPLER="xray" is not supported; using parentbased_always_on'],
  [
    { OTEL_BSP_EXPORT_TIMEOUT: '-1' },
    'OTEL_BSP_EXPORT_TIMEOUT="-1" is not a whole number of milliseconds from 0 to 2147483647; using 30000',
  ],
  [
    { OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: '10s', OTEL_EXPORTER_OTLP_TIMEOUT: '0' },
    'OTEL_EXPORTER_OTLP_TRACES_TIMEOUT="10s" is not a whole number of milliseconds from 0 to 2147483647; using no limit',
  ],
  [
    { OTEL_BSP_MAX_QUEUE_SIZE: '0' },
    'OTEL_BSP_MAX_QUEUE_SIZE="0" is not a whole number from 1 to 2147483647; it is ignored',
  ],
  [
    { OTEL_BSP_MAX_QUEUE_SIZE: '100', OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '101' },
    'OTEL_BSP_MAX_EXPORT_BATCH_SIZE="101" is more than OTEL_BSP_MAX_QUEUE_SIZE=100; using 100',
  ],
  [
    { OTEL_BSP_MAX_QUEUE_SIZE: '100', OTEL_BSP_MAX_EXPORT_BATCH_SIZE: 'all' },
    'OTEL_BSP_MAX_EXPORT_BATCH_SIZE="all" is not a whole number from 1 to 2147483647; using 100',
  ],
  [
    { OTEL_ATTRIBUTE_COUNT_LIMIT: 'many' },
    'OTEL_ATTRIBUTE_COUNT_LIMIT="many" is not a whole number from 0 to 2147483647; using 128',
  ],
  [
    { OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: 'many', OTEL_ATTRIBUTE_COUNT_LIMIT: '64' },
    'OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT="many" is not a whole number from 0 to 2147483647; using 64',
  ],
  [
    { OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: '1k' },
    'OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT="1k" is not a whole number from 0 to 2147483647; it is ignored',
  ],
  [
    { OTEL_EXPORTER_OTLP_COMPRESSION: 'gzp' },
    'OTEL_EXPORTER_OTLP_COMPRESSION="gzp" is not known (did you mean gzip?); using none',
  ],
  [
    { OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'thrift', OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' },
    'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL="thrift" is not known (known are http/protobuf, http/json, grpc); using http/json',
  ],
]

for (const [env, line] of [...SILENT_ELSEWHERE, ...OTHERS]) {
  const given = Object.entries(env).map((entry) => entry.join('='))
  test(`${given.join(' ')} gives one line`, () => {
    assert.deepEqual(reading(env).lines, [line])
  })
}

test('each of several bad values has its line', () => {
  const { lines } = reading(Object.assign({}, ...SILENT_ELSEWHERE.map(([env]) => env)))
  const variables = new Set(lines.map((line) => line.split(/[= ]/)[0]))
  assert.equal(variables.size, lines.length)
  assert.equal(lines.length, 8)
})

test('a variable which others fall back to has one line', () => {
  assert.deepEqual(
    reading({ OTEL_ATTRIBUTE_COUNT_LIMIT: 'x', OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: 'y' }).lines,
    ['OTEL_ATTRIBUTE_COUNT_LIMIT="x"', 'OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT="y"'].map(
      (given) => `${given} is not a whole number from 0 to 2147483647; using 128`,
    ),
  )
})

test('a value is told as it was given, on one line, and cut where it is long', () => {
  for (const [value, shown] of [
    ['5 "s"', '"5 \\"s\\""'],
    [' 5s ', '" 5s "'],
    ['5\nautospan: forged', '"5\\nautospan: forged"'],
    ['5\r\u001b[2J\u0007', '"5\\r\\u001b[2J\\u0007"'],
    ['5\u0085\u009b\u007f', '"5\\u0085\\u009b\\u007f"'],
    ['5\u2028\u2029\u202e\u200b', '"5\\u2028\\u2029\\u202e\\u200b"'],
    ['5\u{e0041}', '"5\\udb40\\udc41"'],
    ['5\ud800', '"5\\ud800"'],
    ['5é€😀', '"5é€😀"'],
    ['x'.repeat(100), `"${'x'.repeat(100)}"`],
    ['x'.repeat(101), `"${'x'.repeat(100)}…"`],
    ['x'.repeat(1_000_000), `"${'x'.repeat(100)}…"`],
  ] as const) {
    assert.deepEqual(reading({ OTEL_BSP_SCHEDULE_DELAY: value }).lines, [
      `OTEL_BSP_SCHEDULE_DELAY=${shown} is not a whole number of milliseconds from 0 to 2147483647; using 5000`,
    ])
  }
})
