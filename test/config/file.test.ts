import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import type { Config } from '../../src/config/config.js'
import { temporaryFolder } from '../harness/folder.js'
import { file } from '../harness/owner.js'
import { configOf, type Reading, reading } from './reading.js'

const folder = temporaryFolder(file)
const FILE = join(folder, 'otel.yaml')
const PIPELINE = 'tracer_provider: {processors: [{batch: {exporter: {otlp_http: }}}]}'

function readingOf(text: string, env: Record<string, string> = {}): Reading {
  writeFileSync(FILE, text)
  return reading({ ...env, OTEL_CONFIG_FILE: FILE })
}

/** Of a file with which nothing is wrong. */
function configIn(text: string, env: Record<string, string> = {}): Config {
  const { config, lines } = readingOf(`file_format: "1.0"\n${text}`, env)
  assert.deepEqual(lines, [])
  return config
}

test('a whole file is read', () => {
  const config = configIn(
    `
log_level: debug2
resource:
  attributes_list: a=1,b=x%20y
  attributes:
    - name: service.name
      value: \${SERVICE:-shop, "one"}
    - name: team.size
      value: 3
      type: int
    - name: on
      value: true
      type: bool
    - name: colours
      value: [red, blue]
  detection/development:
    detectors: [{host: }, {service: }]
attribute_limits:
  attribute_value_length_limit: 4096
propagator:
  composite: [{b3: }, {tracecontext: }]
  composite_list: b3,baggage
tracer_provider:
  processors:
    - batch:
        schedule_delay: 100
        export_timeout: 200
        max_queue_size: 50
        max_export_batch_size: 20
        exporter:
          otlp_http:
            endpoint: http://c:4318/v1/traces
            headers: [{name: x-key, value: "a,b="}, {name: none, value: }]
            headers_list: y=1
            compression: gzip
            timeout: 3000
            encoding: json
    - simple: {exporter: {console: {}}}
  limits: {attribute_count_limit: 10, event_count_limit: 11, link_count_limit: 12, event_attribute_count_limit: 13, link_attribute_count_limit: 14}
  sampler: {parent_based: {root: {trace_id_ratio_based: {ratio: 0x0}}, remote_parent_sampled: {always_on: }}}
logger_provider:
  processors: [{batch: {schedule_delay: 70, exporter: {otlp_http: {endpoint: "http://l:4318/v1/logs"}}}}]
  limits: {attribute_count_limit: 15}
instrumentation/development:
  js: {express: {layer_spans: true}, pg: {enabled: false, sql_commenter: true}}
  java: {anything: 1}
distribution: {other: {x: 1}, autospan: {exit_timeout: 500}}
`,
    { SERVICE: '' },
  )
  assert.equal(config.enabled, true)
  assert.equal(config.logLevel, 'debug')
  assert.deepEqual(Object.fromEntries(config.resourceAttributes), {
    a: '1',
    b: 'x y',
    'service.name': 'shop, "one"',
    'team.size': 3,
    on: true,
    colours: ['red', 'blue'],
  })
  assert.deepEqual([...config.resourceDetectors], ['host', 'os', 'serviceinstance'])
  assert.deepEqual(config.propagators, ['b3', 'tracecontext', 'baggage'])
  const { traces, instrumentations, exitTimeoutMillis } = config
  assert.deepEqual(traces.exporters, ['otlp', 'console'])
  assert.deepEqual([traces.sampling.sampler, traces.sampling.share], ['parentbased_traceidratio', 0])
  assert.equal(traces.otlp.url.href, 'http://c:4318/v1/traces')
  assert.deepEqual(Object.fromEntries(traces.otlp.headers), { 'x-key': 'a,b=', y: '1' })
  assert.deepEqual(
    [traces.otlp.protocol, traces.otlp.compression, traces.otlp.timeoutMillis],
    ['http/json', 'gzip', 3000],
  )
  const { attributeCount, attributeValueLength, eventCount, linkCount, attributesPerEvent, attributesPerLink } =
    traces.limits
  assert.deepEqual(
    [attributeCount, attributeValueLength, eventCount, linkCount, attributesPerEvent, attributesPerLink],
    [10, 4096, 11, 12, 13, 14],
  )
  assert.deepEqual(
    [traces.batch.maxQueueSize, traces.batch.maxExportBatchSize, traces.batch.exportTimeoutMillis],
    [50, 20, 200],
  )
  assert.deepEqual([instrumentations.isEnabled('pg'), instrumentations.isEnabled('http')], [false, true])
  assert.ok(instrumentations.layerSpans.has('express'))
  assert.ok(instrumentations.sqlCommenter.has('pg'))
  assert.deepEqual(config.logs.exporters, ['otlp'])
  assert.deepEqual([config.logs.batch.scheduleDelayMillis, config.logs.otlp.url.href], [70, 'http://l:4318/v1/logs'])
  assert.equal(exitTimeoutMillis, 500)
})

test('batches are those of the exporter of OTLP, whatever else is beside it', () => {
  const otlp = '{batch: {max_queue_size: 700, exporter: {otlp_http: }}}'
  const console = '{simple: {exporter: {console: }}}'
  for (const [processors, expected] of [
    [
      [otlp, console],
      [5000, 700],
    ],
    [
      [console, otlp],
      [5000, 700],
    ],
    [
      ['{batch: {schedule_delay: 7, max_queue_size: 9, exporter: {console: }}}', otlp],
      [5000, 700],
    ],
    [
      ['{simple: {exporter: {otlp_http: }}}', console],
      [0, undefined],
    ],
    [['{simple: {exporter: {otlp_file/development: {output_stream: "file:///tmp/a%20b"}}}}'], [0, undefined]],
  ] as const) {
    const { batch, file } = configIn(`tracer_provider: {processors: [${processors.join(', ')}]}`).traces
    assert.deepEqual([batch.scheduleDelayMillis, batch.maxQueueSize], expected, processors.join())
    assert.equal(file, processors.length === 1 ? '/tmp/a b' : resolve('traces.jsonl'))
  }
})

test('temporality is called as the data model calls it, and as the variable does', () => {
  for (const [name, expected] of [
    ['delta', 'delta'],
    ['low_memory', 'lowmemory'],
    ['lowmemory', 'lowmemory'],
  ] as const) {
    const exporter = `{otlp_http: {temporality_preference: ${name}}}`
    const { temporality } = configIn(`meter_provider: {readers: [{periodic: {exporter: ${exporter}}}]}`).metrics
    assert.equal(temporality, expected)
  }
})

test('what is left out is nothing, or the default, as the data model says', () => {
  const bare = configIn('')
  assert.deepEqual([bare.traces.exporters, bare.logs.exporters, bare.propagators], [[], [], []])
  assert.equal(bare.resourceDetectors.size, 0)
  const usual = configIn(`${PIPELINE}\npropagator: {composite_list: "tracecontext,baggage"}`)
  const byDefault = configOf({}).traces
  assert.deepEqual(usual.traces, byDefault)
  assert.equal(configIn('disabled: true').enabled, false)
  assert.equal(configIn('disabled: ').enabled, true)
  assert.equal(configIn('disabled: ${OFF:-false}', { OFF: 'true' }).enabled, false)
})

test('what is meant as a text is taken as it is written, though YAML has a number for it', () => {
  const { resourceAttributes, traces, metrics } = configIn(
    `
resource:
  attributes:
    - {name: service.version, value: 1.10}
    - name: commit
      value: \${COMMIT}
    - {name: on, value: True, type: string}
    - {name: codes, value: [007, 1e3], type: string_array}
    - {name: sizes, value: [007, 1e3], type: int_array}
tracer_provider:
  processors:
    - batch:
        schedule_delay: 0x10
        exporter:
          otlp_http:
            headers:
              - name: x-key
                value: \${KEY}
meter_provider:
  views: [{selector: {meter_name: shop, meter_version: 1.10}, stream: {}}]
`,
    { COMMIT: '12e4567', KEY: '01234567890123456789' },
  )
  assert.deepEqual(Object.fromEntries(resourceAttributes), {
    'service.version': '1.10',
    commit: '12e4567',
    on: 'True',
    codes: ['007', '1e3'],
    sizes: [7, 1000],
  })
  assert.equal(traces.otlp.headers.get('x-key'), '01234567890123456789')
  assert.equal(traces.batch.scheduleDelayMillis, 16)
  assert.equal(metrics.views[0]?.selector.meterVersion, '1.10')
})

test('a list of attributes that cannot be read costs those that have an entry of their own nothing', () => {
  const { config, lines } = readingOf(
    'file_format: "1.0"\nresource: {attributes_list: "${LIST}", attributes: [{name: service.name, value: "a,b=%"}]}',
    { LIST: 'team=%zz' },
  )
  assert.deepEqual(Object.fromEntries(config.resourceAttributes), { 'service.name': 'a,b=%' })
  assert.deepEqual(lines, [
    'otel.yaml:2:12 resource.attributes_list="team=%zz" is not key=value,key=value: entry 1 is wrongly percent-encoded; it is ignored',
  ])
})

test('variables of the specification count only where the file refers to them, and that is told', () => {
  const env = {
    OTEL_SERVICE_NAME: 'env',
    OTEL_SDK_DISABLED: 'true',
    OTEL_TRACES_SAMPLER: 'nonsense',
    AUTOSPAN_EXIT_TIMEOUT: '7',
  }
  const { config, lines } = readingOf(
    `file_format: "1.1"\nresource: {attributes: [{name: service.name, value: "\${OTEL_SERVICE_NAME}"}]}\n${PIPELINE}`,
    env,
  )
  assert.deepEqual(
    [config.enabled, config.traces.sampling.sampler, config.exitTimeoutMillis],
    [true, 'parentbased_always_on', 7],
  )
  assert.equal(config.resourceAttributes.get('service.name'), 'env')
  assert.deepEqual(lines, [
    `OTEL_SDK_DISABLED, OTEL_TRACES_SAMPLER ignored, for OTEL_CONFIG_FILE=${JSON.stringify(FILE)} is set and does not refer to them`,
  ])
  writeFileSync(FILE, 'file_format: "1.0"')
  assert.equal(configOf({ OTEL_EXPERIMENTAL_CONFIG_FILE: FILE }).propagators.length, 0)
})

test('the detector of the service finds the name that the environment has, and what the file says wins', () => {
  const env = { OTEL_SERVICE_NAME: 'env' }
  const detection = 'detection/development: {detectors: [{service: }]}'
  for (const [resource, expected] of [
    [`{${detection}}`, 'env'],
    [`{attributes_list: service.name=list, ${detection}}`, 'list'],
    [`{attributes: [{name: service.name, value: own}], ${detection}}`, 'own'],
  ] as const) {
    assert.equal(configIn(`resource: ${resource}`, env).resourceAttributes.get('service.name'), expected)
  }
  const { config, lines } = readingOf(
    'file_format: "1.0"\nresource: {detection/development: {detectors: [{host: }]}}',
    env,
  )
  assert.equal(config.resourceAttributes.has('service.name'), false)
  assert.equal(lines.length, 1)
})

test('what is wrong is told with its line and column, once, and the rest is used', () => {
  for (const [text, line] of [
    ['tracer_provder: {}', 'otel.yaml:2:1 tracer_provder is not known (did you mean tracer_provider?); it is ignored'],
    [
      'tracer_provider:\n  processors:\n    - batch:\n        schedule_dely: 5\n        exporter: {console: }',
      'otel.yaml:5:9 tracer_provider.processors[0].batch.schedule_dely is not known (did you mean schedule_delay?); it is ignored',
    ],
    [
      'tracer_provider:\n  processors:\n    - batch: {schedule_delay: 5s, exporter: {console: }}',
      'otel.yaml:4:15 tracer_provider.processors[0].batch.schedule_delay="5s" is not a whole number of milliseconds from 0 to 2147483647; using 5000',
    ],
    [
      'tracer_provider: {processors: [{batch: {exporter: {otlp_http: {endpoint: "c:4318/v1/traces"}}}}]}',
      'otel.yaml:2:64 tracer_provider.processors[0].batch.exporter.otlp_http.endpoint="c:4318/v1/traces" has no scheme; using http://c:4318/v1/traces',
    ],
    [
      'tracer_provider: {processors: [{batch: {exporter: {otlp_http: {headers_list: "hunter2"}}}}]}',
      /^otel\.yaml:2:1?\d+ tracer_provider.*otlp_http.* is not name=value,name=value: entry 1 has no "="/,
    ],
    [
      'propagator: {composite: [{b4: }]}',
      /^otel\.yaml:2:\d+ propagator\.composite="b4" is not known \(did you mean b3\?\); using/,
    ],
    ['propagator: b3', 'otel.yaml:2:1 propagator is no mapping; it is ignored'],
    ['propagator: {composite: b3}', 'otel.yaml:2:14 propagator.composite is no list; it is ignored'],
    ['log_level: [debug, {}]', 'otel.yaml:2:1 log_level is no single value; it is ignored'],
    [
      'log_level: loud',
      'otel.yaml:2:1 log_level="loud" is not known (known are none, error, warn, info, debug, verbose, all); using info',
    ],
    [
      'tracer_provider: {sampler: {own: {}}}',
      'otel.yaml:2:29 tracer_provider.sampler.own is not supported; it is ignored',
    ],
    [
      'instrumentation/development: {general: {http: {semconv: {dual_emit: true}}}}',
      'otel.yaml:2:58 instrumentation/development.general.http.semconv.dual_emit is not supported; it is ignored',
    ],
    [
      'attribute_limits: {attribute_value_depth_limit: 8}',
      'otel.yaml:2:20 attribute_limits.attribute_value_depth_limit is not supported; it is ignored',
    ],
    [
      'tracer_provider: {processors: [{batch: {exporter: {zipkin: {endpoint: "http://z"}}}}]}',
      /^otel\.yaml:2:\d+ tracer_provider\.processors="zipkin" is not supported; using otlp$/,
    ],
    [
      'tracer_provider: {sampler: {parent_based: {remote_parent_sampled: {always_off: }}}}',
      'otel.yaml:2:44 tracer_provider.sampler.parent_based.remote_parent_sampled is not supported; it is ignored',
    ],
    [
      'tracer_provider: {processors: [{batch: {exporter: {otlp_http: }}}, {batch: {exporter: {otlp_http: }}}]}',
      /^otel\.yaml:2:\d+ tracer_provider\.processors\[1\]\.batch\.exporter is a second exporter of OTLP, and there is one; it is ignored$/,
    ],
    [
      'resource: {attributes: [{name: a, value: {b: c}}]}',
      'otel.yaml:2:25 resource.attributes[0] has a value that is neither a scalar nor a list of them; it is ignored',
    ],
    [
      'propagator: {composite: [{b3: {x: 1}}]}',
      'otel.yaml:2:32 propagator.composite[0].b3.x is not known; it is ignored',
    ],
    [
      'tracer_provider: {processors: [{batch: {exporter: {otlp_file/development: {output_stream: "http://x"}}}}]}',
      /otlp_file\/development has a stream that is neither stdout nor file:\/\/\/path; it is ignored$/,
    ],
    [
      'tracer_provider: {processors: [{simple: {schedule_delay: 1, exporter: {console: }}}]}',
      'otel.yaml:2:42 tracer_provider.processors[0].simple.schedule_delay is not known; it is ignored',
    ],
    [
      'meter_provider: {readers: [{periodic: {exporter: {console: {temporality_preference: delta}}}}]}',
      /\.exporter\.console\.temporality_preference is not supported; it is ignored$/,
    ],
    ['resource: {attributes: [{value: x}]}', 'otel.yaml:2:25 resource.attributes[0] has no name; it is ignored'],
    [
      'instrumentation/development: {js: {express: {layer_span: true}}}',
      'otel.yaml:2:46 instrumentation/development.js.express.layer_span is not supported; it is ignored',
    ],
    [
      'distribution: {autospan: {colour: red}}',
      'otel.yaml:2:27 distribution.autospan.colour is not supported; it is ignored',
    ],
  ] as const) {
    const { config, lines } = readingOf(`file_format: "1.0"\n${text}`)
    assert.equal(config.enabled, true)
    assert.equal(lines.length, 1, `${text}\n${lines.join('\n')}`)
    if (typeof line === 'string') assert.equal(lines[0], line)
    else assert.match(lines[0] ?? '', line)
    assert.ok(!lines[0]?.includes('hunter2'))
  }
})

test('a file that cannot be used starts nothing, and is told in one line', () => {
  const quoted = JSON.stringify(FILE)
  for (const [text, problem] of [
    ['a: [', /cannot be used: .* \(line 1, column \d+\)/],
    ['file_format: "1.0"\nkey: 1\nkey: 2', /cannot be used: Map keys must be unique \(line 3, column 1\)/],
    [
      'file_format: "1.0"\nlog_level: ${A:?no}',
      /cannot be used: \$\{A:\?no\} is no reference to a variable \(line 2, column 12\)/,
    ],
    ['', /holds no mapping/],
    ['- a', /holds no mapping/],
    ['log_level: info', /has no file_format, which has to be "1\.0" or later/],
    ['file_format: "2.0"', /has file_format "2\.0"; known is 1\.x/],
    ['file_format: "0.4"', /has file_format "0\.4"; known is 1\.x/],
  ] as const) {
    const { config, lines } = readingOf(text)
    assert.equal(config.enabled, false)
    assert.equal(lines.length, 1, lines.join('\n'))
    assert.ok(lines[0]?.startsWith(`OTEL_CONFIG_FILE=${quoted} `), lines[0])
    assert.match(lines[0] ?? '', problem)
    assert.match(lines[0] ?? '', /; the agent is not started$/)
  }
  const missing = reading({ OTEL_CONFIG_FILE: join(folder, 'none.yaml') })
  assert.match(missing.lines[0] ?? '', /cannot be read: ENOENT; the agent is not started$/)
  assert.equal(missing.config.enabled, false)
  const old = reading({ OTEL_EXPERIMENTAL_CONFIG_FILE: join(folder, 'none.yaml') })
  assert.match(
    old.lines[0] ?? '',
    /^OTEL_EXPERIMENTAL_CONFIG_FILE=.* cannot be read: ENOENT; the agent is not started$/,
  )
})

test('1.x may be written as a number, and with a suffix', () => {
  for (const format of ['1.0', '"1.0"', '1.1', '"1.0-rc.3"']) {
    const { config, lines } = readingOf(`file_format: ${format}`)
    assert.deepEqual([config.enabled, lines], [true, []], format)
  }
})

test('a newer 1.x is read, and told', () => {
  for (const format of ['1.2', '"1.12"']) {
    const { config, lines } = readingOf(`file_format: ${format}\nlog_level: debug`)
    assert.deepEqual([config.enabled, config.logLevel], [true, 'debug'], format)
    assert.deepEqual(lines, ['otel.yaml:1:1 file_format is newer than 1.1; what is new in it is not known'])
  }
})

/** What a sampler of the file comes to: the sampler, its share, and the rules before it. */
function samplingIn(sampler: string): string {
  const { sampling } = configIn(
    `tracer_provider: {processors: [{batch: {exporter: {console: }}}], sampler: ${sampler}}`,
  ).traces
  const rules = sampling.rules.map(
    ({ attributes, rate }) => `${attributes.map(String).join(' ')} ${Object.values(rate)}`,
  )
  const remote = sampling.remote && `${Object.values(sampling.remote)}`
  return [sampling.sampler, sampling.share, remote, ...rules].filter((part) => part !== undefined).join('; ')
}

test('samplers of the data model are those of variables, with rules', () => {
  for (const [sampler, expected] of [
    ['{always_off: }', 'always_off; 1'],
    ['{probability/development: {ratio: 0.5}}', 'traceidratio; 0.5'],
    ['{parent_based: }', 'parentbased_always_on; 1'],
    ['{parent_based: {root: {trace_id_ratio_based: {ratio: 0.1}}}}', 'parentbased_traceidratio; 0.1'],
    [
      '{jaeger_remote/development: {endpoint: "http://j:1", interval: 7, initial_sampler: {always_on: }}}',
      'jaeger_remote; 1; http://j:1/,7,1',
    ],
    [
      '{parent_based: {root: {jaeger_remote/development: {endpoint: "http://j:1", initial_sampler: {trace_id_ratio_based: {ratio: 0.2}}}}}}',
      'parentbased_jaeger_remote; 1; http://j:1/,60000,0.2',
    ],
    ['{composite/development: {always_on: }}', 'always_on; 1'],
    ['{composite/development: {probability: {ratio: 0.25}}}', 'traceidratio; 0.25'],
    [
      '{composite/development: {parent_threshold: {root: {probability: {ratio: 0.25}}}}}',
      'parentbased_traceidratio; 0.25',
    ],
    [
      `{composite/development: {rule_based: {rules: [
        {attribute_values: {key: url.path, values: [/healthz, /livez]}, sampler: {always_off: }},
        {attribute_patterns: {key: url.path, included: ["/api/*"]}, attribute_values: {key: http.request.method, values: [GET]}, sampler: {probability: {ratio: 0.5}}},
        {parent: [none, remote], sampler: {probability: {ratio: 0.001}}}]}}}`,
      'always_off; 1; url.path,/healthz 0; url.path,/livez 0; http.request.method,GET url.path,/api/* 0.5;  0.001',
    ],
    [
      '{composite/development: {parent_threshold: {root: {rule_based: {rules: [{parent: [none], sampler: {always_on: }}]}}}}}',
      'parentbased_always_off; 1;  1',
    ],
  ] as const) {
    assert.equal(samplingIn(sampler), expected, sampler)
  }
})

test('a rule that cannot be followed is told in one line, and left out', () => {
  for (const [rule, line] of [
    [
      '{attribute_values: {key: http.route, values: [/a]}, sampler: {always_on: }}',
      / is not known when a trace begins/,
    ],
    ['{attribute_values: {key: url.path, values: ["/a b"]}, sampler: {always_on: }}', / cannot be followed/],
    ['{span_kinds: [client], sampler: {always_on: }}', /\.span_kinds is not supported/],
    ['{parent: [local], sampler: {always_on: }}', /\.parent is not supported/],
    ['{parent: [none], sampler: {always_on: }}', /\.parent is not supported/],
    ['{attribute_patterns: {key: a, included: ["*"], excluded: [b]}, sampler: {always_on: }}', /excluded is not supp/],
    ['{attribute_values: {key: a, values: [b]}}', / has no sampler/],
    ['{attribute_values: {key: a, values: [b]}, sampler: {parent_threshold: }}', /parent_threshold is not supported/],
  ] as const) {
    const { config, lines } = readingOf(
      `file_format: "1.0"\ntracer_provider: {sampler: {composite/development: {rule_based: {rules: [${rule}]}}}}`,
    )
    assert.equal(lines.length, 1, `${rule}\n${lines.join('\n')}`)
    assert.match(lines[0] ?? '', line)
    assert.match(lines[0] ?? '', /^otel\.yaml:2:\d+ tracer_provider\.sampler\..*; it is ignored$/)
    assert.deepEqual(config.traces.sampling.rules, [])
  }
})

test('general settings are those of HTTP and of queries, and the stable conventions need no word', () => {
  const { instrumentations, redaction } = configIn(`
instrumentation/development:
  general:
    stability_opt_in_list: http,database
    http:
      semconv: {version: 1, experimental: false}
      client: {request_captured_headers: [x-a, x-b], response_captured_headers: [x-c]}
      server: {known_methods: [GET, PURGE]}
    db: {semconv: {version: 1}}
    rpc: {semconv: {dual_emit: true}}
    sanitization: {url: {sensitive_query_parameters: [code]}}
`)
  assert.deepEqual(instrumentations.http?.client, { request: ['x-a', 'x-b'], response: ['x-c'] })
  assert.deepEqual(instrumentations.http?.knownMethods, ['GET', 'PURGE'])
  assert.deepEqual(redaction?.queryKeys, ['code'])
})

test('what is no name of a header is told with its place, and the other names of its list are used', () => {
  const { config, lines } = readingOf(`file_format: "1.0"
instrumentation/development:
  general:
    http:
      client: {request_captured_headers: [x-a, x leaf], response_captured_headers: ["*"]}
      server: {request_captured_headers: ["a:b", X-B], response_captured_headers: ["", x-c]}
`)
  assert.deepEqual(config.instrumentations.http?.client, { request: ['x-a'], response: [] })
  assert.deepEqual(config.instrumentations.http?.server, { request: ['x-b'], response: ['x-c'] })
  const path = 'instrumentation/development.general.http'
  assert.deepEqual(lines, [
    `otel.yaml:5:16 ${path}.client.request_captured_headers="x-a,x leaf" holds "x leaf", which is not the name of a header; using x-a`,
    `otel.yaml:5:57 ${path}.client.response_captured_headers="*" is a pattern, not the name of a header; it is ignored`,
    `otel.yaml:6:16 ${path}.server.request_captured_headers="a:b,X-B" holds "a:b", which is not the name of a header; using x-b`,
  ])
})
