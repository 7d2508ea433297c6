import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { temporaryFolder } from '../harness/folder.js'
import { file } from '../harness/owner.js'
import { reading } from './reading.js'

const folder = temporaryFolder(file)
const FILE = join(folder, 'otel.yaml')

const OTLP = {
  endpoint: 'http://c:4318/v1/traces',
  headers: [{ name: 'a', value: 'b' }],
  headers_list: 'c=d',
  compression: 'gzip',
  timeout: 1,
  encoding: 'json',
  tls: { ca_file: '/none', key_file: '/none', cert_file: '/none' },
}
const RULE = { attribute_values: { key: 'a', values: ['b'] }, sampler: { probability: { ratio: 0.5 } } }

/** All that a file may have, of each kind once. */
const WHOLE = {
  disabled: false,
  log_level: 'info',
  attribute_limits: { attribute_value_length_limit: 1, attribute_count_limit: 1 },
  resource: {
    attributes: [{ name: 'a', value: ['b'], type: 'string_array' }],
    attributes_list: 'a=b',
    'detection/development': { detectors: [{ host: {} }] },
  },
  propagator: { composite: [{ b3: {} }], composite_list: 'jaeger' },
  tracer_provider: {
    processors: [
      { batch: { schedule_delay: 1, max_queue_size: 1, exporter: { otlp_http: OTLP } } },
      { simple: { exporter: { 'otlp_file/development': { output_stream: 'file:///tmp/a' } } } },
    ],
    limits: { event_count_limit: 1 },
    sampler: { 'composite/development': { parent_threshold: { root: { rule_based: { rules: [RULE] } } } } },
  },
  logger_provider: { processors: [{ batch: { exporter: { otlp_grpc: { tls: { insecure: true } } } } }] },
  meter_provider: {
    readers: [
      { periodic: { interval: 1, timeout: 1, exporter: { console: {} } } },
      { pull: { exporter: { 'prometheus/development': { host: 'localhost', port: 0 } } } },
    ],
    views: [{ selector: { instrument_name: 'a' }, stream: { name: 'b', attribute_keys: { included: ['c'] } } }],
    exemplar_filter: 'trace_based',
  },
  'instrumentation/development': {
    general: {
      http: { semconv: { version: 1 }, client: { request_captured_headers: ['a'] } },
      sanitization: { url: { sensitive_query_parameters: ['a'] } },
    },
    js: { pg: { enabled: true } },
  },
  distribution: { autospan: { exit_timeout: 1 } },
}

const GARBAGE = ['ünï\u2028\u001b[2J\nautospan: all is well', [], [[]], { x: [{}] }]

/** Each of the values of `tree` replaced in its turn. */
function* mutants(tree: unknown, put: (value: unknown) => unknown): Generator<readonly [where: string, file: unknown]> {
  if (typeof tree === 'object' && tree !== null) {
    for (const [key, member] of Object.entries(tree)) {
      const copy = (value: unknown) => {
        if (!Array.isArray(tree)) return { ...tree, [key]: value }
        return tree.map((element, i) => (String(i) === key ? value : element))
      }
      for (const [where, file] of mutants(member, (value) => put(copy(value)))) yield [`${key}.${where}`, file]
    }
  }
  for (const value of GARBAGE) yield [JSON.stringify(value), put(value)]
}

test('whatever stands in the place of a value, it is told in a line of its own, and nothing fails', () => {
  let count = 0
  for (const [where, file] of mutants(WHOLE, (value) => value)) {
    if (typeof file !== 'object' || file === null || Array.isArray(file)) continue
    count++
    writeFileSync(FILE, JSON.stringify({ file_format: '1.1', ...file }))
    const { config, lines } = reading({ OTEL_CONFIG_FILE: FILE })
    assert.equal(config.enabled, !/^disabled\.true$/.test(where), `${where}\n${lines.join('\n')}`)
    // Two files of certificates are missing in any case.
    assert.ok(lines.length <= 8, `${where}\n${lines.join('\n')}`)
    for (const line of lines) assert.match(line, /^[\x20-\x7eïü…]*$/, where)
  }
  assert.ok(count > 350, String(count))
})
