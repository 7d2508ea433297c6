import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { temporaryFolder } from '../harness/folder.js'
import { file } from '../harness/owner.js'
import { view } from '../metrics/view.js'
import { type Reading, reading } from './reading.js'

const folder = temporaryFolder(file)
const FILE = join(folder, 'otel.yaml')

function readingOf(text: string): Reading {
  writeFileSync(FILE, `file_format: "1.0"\n${text}`)
  return reading({ OTEL_CONFIG_FILE: FILE })
}

test('views and readers are read from the file', () => {
  const { config, lines } = readingOf(`
meter_provider:
  exemplar_filter: always_on
  readers:
    - periodic:
        interval: 1000
        timeout: 500
        cardinality_limits: {default: 100, histogram: 50, observable_gauge: 10}
        exporter:
          otlp_http:
            temporality_preference: delta
            default_histogram_aggregation: base2_exponential_bucket_histogram
    - periodic: {exporter: {console: }}
    - periodic: {exporter: {otlp_file/development: {output_stream: file:///tmp/m.jsonl}}}
    - pull: {exporter: {prometheus/development: {host: 0.0.0.0, port: 9999}}}
  views:
    - selector:
        instrument_name: http.server.*
        instrument_type: histogram
        unit: s
        meter_name: autospan/http
        meter_version: 1.0.0
        meter_schema_url: https://example.org
      stream:
        description: How long
        aggregation: {explicit_bucket_histogram: {boundaries: [0.1, 1, 10]}}
        aggregation_cardinality_limit: 7
        attribute_keys: {included: ["http.*"], excluded: [http.route]}
    - selector: {instrument_name: calls}
      stream: {name: shop.calls, aggregation: {base2_exponential_bucket_histogram: {max_scale: 3, max_size: 10, record_min_max: false}}}
    - selector: {instrument_type: up_down_counter}
      stream: {aggregation: {drop: }}
    - selector: {instrument_name: plain}
      stream: {aggregation: {default: }, attribute_keys: }
    - selector: {instrument_name: nothing}
`)
  assert.deepEqual(lines, [])
  const { metrics } = config
  assert.deepEqual(metrics.exporters, ['otlp', 'console', 'otlp/file', 'prometheus'])
  assert.deepEqual(
    [metrics.intervalMillis, metrics.timeoutMillis, metrics.temporality, metrics.histograms, metrics.exemplars],
    [1000, 500, 'delta', 'base2_exponential_bucket_histogram', 'always_on'],
  )
  assert.deepEqual([metrics.file, metrics.prometheus], ['/tmp/m.jsonl', { host: '0.0.0.0', port: 9999 }])
  assert.deepEqual(metrics.cardinalityLimits, { default: 100, histogram: 50, observable_gauge: 10 })
  const plain = view({ instrumentName: 'plain' }, {})
  assert.deepEqual(metrics.views, [
    view(
      {
        instrumentName: 'http.server.*',
        instrumentKind: 'histogram',
        unit: 's',
        meterName: 'autospan/http',
        meterVersion: '1.0.0',
        meterSchemaUrl: 'https://example.org',
      },
      {
        description: 'How long',
        aggregation: { kind: 'explicit_bucket_histogram', boundaries: [0.1, 1, 10], tellsMinMax: true },
        cardinalityLimit: 7,
        included: ['http.*'],
        excluded: ['http.route'],
      },
    ),
    view(
      { instrumentName: 'calls' },
      {
        name: 'shop.calls',
        aggregation: {
          kind: 'base2_exponential_bucket_histogram',
          maxScale: 3,
          maxBuckets: 10,
          tellsMinMax: false,
        },
      },
    ),
    view({ instrumentKind: 'up_down_counter' }, { aggregation: { kind: 'drop' } }),
    plain,
    { ...plain, selector: { ...plain.selector, instrumentName: 'nothing' } },
  ])
})

/** A view, or what is wrong with it, and whether it is used all the same. */
const WRONG: readonly [view: string, problem: string, isUsed: boolean][] = [
  ['{stream: {}}', 'views[0] has no selector', false],
  [
    '{selector: {instrument_type: timer}}',
    'views[0].selector.instrument_type is none of counter, gauge, histogram, observable_counter, observable_gauge, observable_up_down_counter, up_down_counter, and so is the view',
    false,
  ],
  [
    '{selector: {instrument_nam: a}}',
    'views[0].selector.instrument_nam is not known (did you mean instrument_name?)',
    true,
  ],
  [
    '{selector: {instrument_name: a*}, stream: {name: b}}',
    'views[0].stream.name would be that of several metrics',
    true,
  ],
  ['{selector: {unit: s}, stream: {name: b}}', 'views[0].stream.name would be that of several metrics', true],
  ['{selector: {instrument_name: a}, stream: {name: b c}}', 'views[0].stream.name is no name for a metric', true],
  [
    '{selector: {}, stream: {aggregation: {histogram: }}}',
    'views[0].stream.aggregation.histogram is no aggregation',
    true,
  ],
  ['{selector: {}, stream: {aggregation: drop}}', 'views[0].stream.aggregation is no mapping', true],
  [
    '{selector: {}, stream: {aggregation: {drop: , sum: }}}',
    'views[0].stream.aggregation.sum is a second one, and there is one',
    true,
  ],
  [
    '{selector: {}, stream: {aggregation: {explicit_bucket_histogram: {boundaries: [2, 1]}}}}',
    'views[0].stream.aggregation.explicit_bucket_histogram.boundaries are no ascending numbers',
    true,
  ],
  [
    '{selector: {}, stream: {aggregation: {explicit_bucket_histogram: {record_min_max: never}}}}',
    'views[0].stream.aggregation.explicit_bucket_histogram.record_min_max is neither true nor false',
    true,
  ],
  [
    '{selector: {}, stream: {aggregation: {base2_exponential_bucket_histogram: {max_scale: 21}}}}',
    'views[0].stream.aggregation.base2_exponential_bucket_histogram.max_scale is no whole number from -10 to 20',
    true,
  ],
  [
    '{selector: {}, stream: {aggregation: {base2_exponential_bucket_histogram: {max_size: 1}}}}',
    'views[0].stream.aggregation.base2_exponential_bucket_histogram.max_size is no whole number from 2 to 160',
    true,
  ],
  [
    '{selector: {}, stream: {aggregation_cardinality_limit: 0}}',
    'views[0].stream.aggregation_cardinality_limit is no whole number of 1 or more',
    true,
  ],
  [
    '{selector: {}, stream: {attribute_keys: {included: route}}}',
    'views[0].stream.attribute_keys.included is no list of texts',
    true,
  ],
  [
    '{selector: {}, stream: {attribute_keys: {exclude: [a]}}}',
    'views[0].stream.attribute_keys.exclude is not known (did you mean excluded?)',
    true,
  ],
]

for (const [text, problem, isUsed] of WRONG) {
  test(`${text} is told with its place, once`, () => {
    const { config, lines } = readingOf(`meter_provider:\n  views:\n    - ${text}`)
    assert.equal(lines.length, 1, lines.join('\n'))
    assert.match(lines[0] ?? '', /^otel\.yaml:4:\d+ /)
    assert.equal(lines[0]?.replace(/^\S+ /, ''), `meter_provider.${problem}; it is ignored`)
    assert.equal(config.metrics.views.length, isUsed ? 1 : 0)
  })
}

test('a cardinality limit that is none is told', () => {
  const { config, lines } = readingOf(
    'meter_provider: {readers: [{periodic: {cardinality_limits: {default: many}, exporter: {console: }}}]}',
  )
  assert.deepEqual(lines, [
    'otel.yaml:2:61 meter_provider.readers[0].periodic.cardinality_limits.default is no whole number of 1 or more; it is ignored',
  ])
  assert.deepEqual(config.metrics.cardinalityLimits, {})
})
