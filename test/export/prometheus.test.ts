import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Attributes } from '@opentelemetry/api'
import { ROOT_CONTEXT, SPAN_KEY } from '../../src/context/context.js'
import { type FamilyType, familyName, labelName } from '../../src/export/prometheus/names.js'
import { type Format, PrometheusText } from '../../src/export/prometheus/text.js'
import type { AgentMeter } from '../../src/metrics/meter.js'
import { AgentMeterProvider } from '../../src/metrics/provider.js'
import { MetricReader } from '../../src/metrics/reader.js'
import { createViews, type View } from '../../src/metrics/views.js'
import { view } from '../metrics/view.js'
import { listenToDiag } from './collector.js'

/** Names and units of OpenTelemetry, the family's type, its name without `_total`, and its unit. */
const NAMES: readonly [name: string, unit: string, type: FamilyType, family: string, familyUnit: string][] = [
  ['http.server.request.duration', 's', 'histogram', 'http_server_request_duration_seconds', 'seconds'],
  ['size', 'By', 'histogram', 'size_bytes', 'bytes'],
  ['size.bytes', 'By', 'histogram', 'size_bytes', 'bytes'],
  ['bytes', 'By', 'histogram', 'bytes', ''],
  ['bytes', 'By', 'counter', 'bytes', ''],
  ['requests', 'requests', 'counter', 'requests', ''],
  ['sent_bytes_total', 'By', 'counter', 'sent_bytes', 'bytes'],
  ['sent.total', 'By', 'counter', 'sent_bytes', 'bytes'],
  ['bytes.total', 'By', 'counter', 'bytes', ''],
  ['busy_seconds_total', 's', 'counter', 'busy_seconds', 'seconds'],
  ['jobs_total', '{job}', 'counter', 'jobs', ''],
  ['sum_total', 'By', 'gauge', 'sum_total_bytes', 'bytes'],
  ['disk', 'kBy', 'gauge', 'disk_kilobytes', 'kilobytes'],
  ['disk', 'KBy', 'gauge', 'disk_kilobytes', 'kilobytes'],
  ['speed', 'By/s', 'gauge', 'speed_bytes_per_second', 'bytes_per_second'],
  ['speed', 'm/h', 'gauge', 'speed_meters_per_hour', 'meters_per_hour'],
  ['load', '1', 'gauge', 'load_ratio', 'ratio'],
  ['load', '1', 'histogram', 'load', ''],
  ['heat', 'Cel', 'gauge', 'heat_celsius', 'celsius'],
  ['part', '%', 'gauge', 'part_percent', 'percent'],
  ['calls', '{call}', 'counter', 'calls', ''],
  ['calls', '{call}/s', 'gauge', 'calls_per_second', 'per_second'],
  ['a.b-c/d', '', 'counter', 'a_b_c_d', ''],
  ['a..b__c', '', 'counter', 'a_b_c', ''],
  ['2xx', '', 'counter', '_2xx', ''],
  ['odd', 'parsec', 'gauge', 'odd_parsec', 'parsec'],
  ['odd', 'm²/·', 'gauge', 'odd_m', 'm'],
]

for (const [name, unit, type, family, familyUnit] of NAMES) {
  test(`the ${type} ${name} in ${unit || 'no unit'} is ${family}`, () => {
    assert.deepEqual(familyName(name, unit, type), { name: family, unit: familyUnit })
  })
}

test('labels have legal names', () => {
  for (const [key, label] of [
    ['http.route', 'http_route'],
    ['9lives', '_9lives'],
    ['a:b', 'a_b'],
    ['', '_'],
    ['ключ', '_'],
  ] as const)
    assert.equal(labelName(key), label)
})

interface Settings {
  /** Name and version of the meter. */
  readonly scope?: readonly string[]
  readonly views?: readonly View[]
}

/** What is served of what `measure` does, but for the target. */
function served(
  format: Format,
  measure: (meter: AgentMeter, provider: AgentMeterProvider) => void,
  settings: Settings = {},
): string[] {
  const { scope: [name = '', version] = [], views = [] } = settings
  const reader = new MetricReader({
    temporality: 'cumulative',
    histograms: 'explicit_bucket_histogram',
    exemplars: 'always_on',
    keepsExemplars: true,
    views: createViews(views),
  })
  const provider = new AgentMeterProvider([reader])
  measure(provider.getMeter(name, version), provider)
  const text = new PrometheusText(format, { attributes: [], schemaUrl: '' })
  reader.collectNow((metric) => text.add(metric))
  return text
    .text()
    .split('\n')
    .filter((line) => !/target/.test(line) && line !== '')
    .map((line) => line.replace(/ \d{10}\.\d{3}$/, ' <time>'))
}

const ODD = 'a "b" \\ c\nd'

test('texts are escaped as each format asks', () => {
  const measure = (meter: AgentMeter) => meter.createGauge('g', { description: ODD }).record(1, { odd: ODD })
  const sample = 'g{odd="a \\"b\\" \\\\ c\\nd"} 1'
  assert.deepEqual(served('prometheus', measure), ['# TYPE g gauge', '# HELP g a "b" \\\\ c\\nd', sample])
  assert.deepEqual(served('openmetrics', measure), ['# TYPE g gauge', '# HELP g a \\"b\\" \\\\ c\\nd', sample, '# EOF'])
})

test('keys that become one label have their values joined, in the order of the keys', () => {
  const measure = (meter: AgentMeter) =>
    meter.createGauge('g').record(1, { 'b.c': 'second', b_c: 'third', 'b-c': 'first' })
  assert.deepEqual(served('prometheus', measure), ['# TYPE g gauge', 'g{b_c="first;second;third"} 1'])
})

const SCOPED = {
  otel_scope_name: 'otel_scope_name="mine;shop",otel_scope_version="2.0"',
  'otel.scope.name': 'otel_scope_name="mine;shop",otel_scope_version="2.0"',
  'otel.scope.version': 'otel_scope_version="mine;2.0",otel_scope_name="shop"',
}

for (const [key, labels] of Object.entries(SCOPED)) {
  for (const format of ['prometheus', 'openmetrics'] as const) {
    test(`an attribute ${key} and the label of the scope are one in ${format}`, () => {
      const measure = (meter: AgentMeter) => meter.createGauge('g').record(1, { [key]: 'mine' })
      assert.equal(served(format, measure, { scope: ['shop', '2.0'] })[1], `g{${labels}} 1`)
    })
  }
}

test('the label le is of a bucket, and an attribute of that name goes by another', () => {
  const measure = (meter: AgentMeter) => {
    meter.createHistogram('h', { advice: { explicitBucketBoundaries: [5] } }).record(7, { le: 'x' })
    meter.createGauge('g').record(1, { le: 'x' })
  }
  assert.deepEqual(served('prometheus', measure), [
    '# TYPE h histogram',
    'h_bucket{exported_le="x",le="5"} 0',
    'h_bucket{exported_le="x",le="+Inf"} 1',
    'h_sum{exported_le="x"} 7',
    'h_count{exported_le="x"} 1',
    '# TYPE g gauge',
    'g{le="x"} 1',
  ])
  const bucket = served('openmetrics', measure).find((line) => line.includes('+Inf'))
  assert.equal(bucket, 'h_bucket{exported_le="x",le="+Inf"} 1 # {} 7 <time>')
})

test('an attribute le joins one that has its other name already', () => {
  const measure = (meter: AgentMeter) => meter.createHistogram('h').record(7, { le: 'x', 'exported.le': 'y' })
  assert.equal(served('prometheus', measure).at(-1), 'h_count{exported_le="y;x"} 1')
})

test('a counter has one _total, and only OpenMetrics has exemplars', () => {
  const measure = (meter: AgentMeter) => {
    meter.createCounter('sold.total').add(2)
    meter.createUpDownCounter('open').add(1)
  }
  assert.deepEqual(served('prometheus', measure), [
    '# TYPE sold_total counter',
    'sold_total 2',
    '# TYPE open gauge',
    'open 1',
  ])
  assert.deepEqual(served('openmetrics', measure), [
    '# TYPE sold counter',
    'sold_total 2 # {} 2 <time>',
    '# TYPE open gauge',
    'open 1',
    '# EOF',
  ])
})

test('units are told in OpenMetrics, and by names in both', () => {
  const measure = (meter: AgentMeter) => meter.createGauge('age', { unit: 's' }).record(0.5)
  assert.deepEqual(served('prometheus', measure), ['# TYPE age_seconds gauge', 'age_seconds 0.5'])
  assert.deepEqual(served('openmetrics', measure), [
    '# TYPE age_seconds gauge',
    '# UNIT age_seconds seconds',
    'age_seconds 0.5',
    '# EOF',
  ])
})

test('a unit stands before _total, once, and is not told where it is the whole name, which parsers would refuse', () => {
  const measure = (meter: AgentMeter) => {
    meter.createCounter('sent_bytes_total', { unit: 'By' }).add(5)
    meter.createCounter('requests', { unit: 'requests' }).add(1)
    meter.createGauge('bytes', { unit: 'By' }).record(2)
  }
  const lines = served('openmetrics', measure).map((line) => line.replace(/ # .*/, ''))
  assert.deepEqual(lines, [
    '# TYPE sent_bytes counter',
    '# UNIT sent_bytes bytes',
    'sent_bytes_total 5',
    '# TYPE requests counter',
    'requests_total 1',
    '# TYPE bytes gauge',
    'bytes 2',
    '# EOF',
  ])
})

test('a family has one type: what differs is left out, and said once', (t) => {
  const { lines, restore } = listenToDiag()
  t.after(restore)
  const measure = (meter: AgentMeter) => {
    meter.createGauge('a.b').record(1)
    meter.createHistogram('a_b').record(1)
  }
  assert.deepEqual(served('prometheus', measure), ['# TYPE a_b gauge', 'a_b 1'])
  served('prometheus', measure)
  assert.equal(lines.filter((line) => /a_b is there already, and of another type/.test(line)).length, 1)
})

for (const [first, second] of [
  ['c', 'c_parsec'],
  ['c_parsec', 'c'],
] as const) {
  test(`a family has one unit, and the points of instruments with and without it: ${first} before ${second}`, (t) => {
    const { lines, restore } = listenToDiag()
    t.after(restore)
    const measure = (_: AgentMeter, provider: AgentMeterProvider) => {
      for (const [i, name] of [first, second].entries()) {
        const unit = name === 'c' ? 'parsec' : ''
        provider.getMeter(`m${i}`).createGauge(name, { unit }).record(i)
      }
    }
    assert.deepEqual(served('openmetrics', measure), [
      '# TYPE c_parsec gauge',
      '# UNIT c_parsec parsec',
      'c_parsec{otel_scope_name="m0"} 0',
      'c_parsec{otel_scope_name="m1"} 1',
      '# EOF',
    ])
    assert.deepEqual(lines, [])
  })
}

test('a series has one value: what else becomes the same is left out, and said once', (t) => {
  const { lines, restore } = listenToDiag()
  t.after(restore)
  const measure = (meter: AgentMeter) => {
    const sold = meter.createCounter('sold')
    sold.add(1, { 'a.b': 1 })
    sold.add(2, { a_b: '1' })
    sold.add(3, { a_b: '2' })
    meter.createHistogram('d', { unit: 's', advice: { explicitBucketBoundaries: [] } }).record(1)
    meter.createHistogram('d.seconds', { advice: { explicitBucketBoundaries: [] } }).record(2)
  }
  const expected = [
    '# TYPE sold_total counter',
    'sold_total{a_b="1"} 1',
    'sold_total{a_b="2"} 3',
    '# TYPE d_seconds histogram',
    'd_seconds_bucket{le="+Inf"} 1',
    'd_seconds_sum 1',
    'd_seconds_count 1',
  ]
  for (let i = 0; i < 2; i++) assert.deepEqual(served('prometheus', measure), expected)
  assert.deepEqual(lines, [
    'autospan: not all of the metric sold is served to Prometheus: sold_total has the same labels already',
    'autospan: not all of the metric d.seconds is served to Prometheus: d_seconds has the same labels already',
  ])
})

test('a type is that of what a view makes of an instrument', () => {
  const measure = (meter: AgentMeter) => {
    for (const value of [5, 2]) meter.createCounter('sold').add(value)
    for (const value of [5, 2]) meter.createHistogram('weight').record(value)
  }
  const views = [
    view({ instrumentName: 'sold' }, { aggregation: { kind: 'last_value' } }),
    view({ instrumentName: 'weight' }, { aggregation: { kind: 'sum' } }),
  ]
  assert.deepEqual(served('prometheus', measure, { views }), [
    '# TYPE sold gauge',
    'sold 2',
    '# TYPE weight_total counter',
    'weight_total 7',
  ])
  assert.deepEqual(served('openmetrics', measure, { views }).slice(0, 3), [
    '# TYPE sold gauge',
    'sold 2',
    '# TYPE weight counter',
  ])
})

test('an exponential histogram is left out, and said once', (t) => {
  const { lines, restore } = listenToDiag()
  t.after(restore)
  const measure = (meter: AgentMeter) => {
    meter.createHistogram('fine.grained').record(1)
    meter.createGauge('g').record(1)
  }
  const views = [
    view(
      { instrumentName: 'fine.*' },
      {
        aggregation: {
          kind: 'base2_exponential_bucket_histogram',
          maxScale: undefined,
          maxBuckets: undefined,
          tellsMinMax: true,
        },
      },
    ),
  ]
  assert.deepEqual(served('prometheus', measure, { views }), ['# TYPE g gauge', 'g 1'])
  assert.deepEqual(served('openmetrics', measure, { views }), ['# TYPE g gauge', 'g 1', '# EOF'])
  assert.deepEqual(lines, [
    'autospan: the metric fine.grained is not served to Prometheus, whose text has no exponential histograms',
  ])
})

const SPAN = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 }
/** 63 characters, of names and values. */
const IDS = `trace_id="${SPAN.traceId}",span_id="${SPAN.spanId}"`

/** Whether it is measured in a trace, the attributes that a view does not keep, and the exemplar's labels. */
const EXEMPLARS: readonly [what: string, inTrace: boolean, dropped: Attributes, labels: string][] = [
  ['attributes', false, { 'b.c': 1, a: 'x' }, 'a="x",b_c="1"'],
  ['ids and attributes', true, { a: 'x' }, `${IDS},a="x"`],
  ['ids and 128 characters at most', true, { k: 'x'.repeat(64) }, `${IDS},k="${'x'.repeat(64)}"`],
  ['ids alone where there were 129', true, { k: 'x'.repeat(65) }, IDS],
  ['128 characters that have 2 units each', false, { k: '🫖'.repeat(127) }, `k="${'🫖'.repeat(127)}"`],
  ['nothing where there were 129', false, { k: '🫖'.repeat(128) }, ''],
  ['ids, and no attributes that look like them', true, { 'trace.id': 'x', span_id: 'y', a: 'x' }, `${IDS},a="x"`],
]

for (const [what, inTrace, dropped, labels] of EXEMPLARS) {
  test(`an exemplar has ${what}`, () => {
    const context = inTrace ? ROOT_CONTEXT.setValue(SPAN_KEY, { spanContext: () => SPAN }) : ROOT_CONTEXT
    const measure = (meter: AgentMeter) => {
      meter.createCounter('sold').add(1, { kept: 1, ...dropped }, context)
      const advice = { explicitBucketBoundaries: [] }
      meter.createHistogram('weight', { advice }).record(1, { kept: 1, ...dropped }, context)
    }
    const lines = served('openmetrics', measure, { views: [view({}, { included: ['kept'] })] })
    assert.equal(lines[1], `sold_total{kept="1"} 1 # {${labels}} 1 <time>`)
    assert.equal(lines[3], `weight_bucket{kept="1",le="+Inf"} 1 # {${labels}} 1 <time>`)
  })
}

test('numbers are written as the formats know them', () => {
  const measure = (meter: AgentMeter) => {
    const gauge = meter.createGauge('g')
    for (const [i, value] of [1e21, 1e-7, -0.5, 2 ** 53].entries()) gauge.record(value, { i })
    meter.createHistogram('h', { advice: { explicitBucketBoundaries: [-1, 0.5, 1e21] } }).record(3)
  }
  assert.deepEqual(served('prometheus', measure), [
    '# TYPE g gauge',
    'g{i="0"} 1e+21',
    'g{i="1"} 1e-7',
    'g{i="2"} -0.5',
    'g{i="3"} 9007199254740992',
    '# TYPE h histogram',
    'h_bucket{le="-1"} 0',
    'h_bucket{le="0.5"} 0',
    'h_bucket{le="1e+21"} 1',
    'h_bucket{le="+Inf"} 1',
    'h_sum 3',
    'h_count 1',
  ])
})
