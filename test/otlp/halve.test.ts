import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSpanEncoder } from '../../src/otlp/encoders.js'
import { halve } from '../../src/otlp/halve.js'
import type { Scope } from '../../src/trace/span.js'
import { decodeMessage, decodeTraces, encodeMessage } from '../harness/otlp-decode.js'
import { PROTOCOLS, SPAN_ID, spanData } from './span-data.js'

const RESOURCE = { attributes: ['service.name', 'shop'], schemaUrl: 'https://example.com/r' }
const SCOPES: readonly Scope[] = ['a', 'b', 'c'].map((name) => ({ name, version: '1', schemaUrl: `https://${name}` }))

for (const protocol of PROTOCOLS) {
  for (const count of [2, 3, 4, 7, 64]) {
    test(`${protocol}: both halves of ${count} spans are whole requests, and have all of them`, () => {
      const encoder = createSpanEncoder(protocol, RESOURCE)
      for (let i = 0; i < count; i++) {
        const spanId = `${SPAN_ID.slice(0, 12)}${i.toString(16).padStart(4, '0')}`
        encoder.add(spanData({ spanId, name: `span ${i}`, scope: SCOPES[i % 3] as Scope, attributes: ['i', i] }))
      }
      const { contentType } = encoder
      const body = encoder.take()
      const whole = decodeTraces(body, contentType)
      const halves = halve(body, contentType, 'span') ?? assert.fail('not divided')
      assert.deepEqual(
        halves.map(({ records }) => records),
        [count >> 1, count - (count >> 1)],
      )
      const decoded = halves.map((half) => decodeTraces(half.body, contentType))
      assert.deepEqual(
        decoded.flatMap(({ spans }) => spans),
        whole.spans,
      )
      assert.deepEqual(
        decoded.map(({ spans }) => spans.length),
        halves.map(({ records }) => records),
      )
    })
  }

  test(`${protocol}: one span and none are not divided`, () => {
    const encoder = createSpanEncoder(protocol, RESOURCE)
    encoder.add(spanData())
    const { contentType } = encoder
    assert.equal(halve(encoder.take(), contentType, 'span'), undefined)
    assert.equal(halve(Buffer.from(contentType === 'application/json' ? '{}' : ''), contentType, 'span'), undefined)
  })

  test(`${protocol}: what is no request is not taken for one`, () => {
    const contentType = createSpanEncoder(protocol, RESOURCE).contentType
    assert.throws(() => halve(Buffer.from('<html>'), contentType, 'span'), /Error/)
  })
}

const TIMES = { timeUnixNano: '1' }
const METRICS = {
  resourceMetrics: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
      scopeMetrics: [
        {
          scope: { name: 'a' },
          metrics: [
            { name: 'gauge', gauge: { dataPoints: [TIMES, TIMES] } },
            { name: 'sum', sum: { aggregationTemporality: 2, dataPoints: [TIMES, TIMES, TIMES] } },
          ],
        },
        { scope: { name: 'b' }, metrics: [{ name: 'histogram', histogram: { dataPoints: [TIMES] } }] },
      ],
    },
  ],
}
const LOGS = {
  resourceLogs: [
    { resource: {}, scopeLogs: [{ scope: { name: 'a' }, logRecords: [{ body: { stringValue: 'one' } }] }] },
    { resource: {}, scopeLogs: [{ scope: { name: 'b' }, logRecords: [{ body: { stringValue: 'two' } }] }] },
  ],
}

for (const [type, message, signal, records] of [
  ['ExportMetricsServiceRequest', METRICS, 'metric_data_point', [2, 4]],
  ['ExportLogsServiceRequest', LOGS, 'log', [1, 1]],
] as const) {
  test(`${type} is divided alike, as protobuf and as JSON`, () => {
    const asJson = halve(Buffer.from(JSON.stringify(message)), 'application/json', signal)
    const asProtobuf = halve(encodeMessage(type, message), 'application/x-protobuf', signal)
    for (const halves of [asJson, asProtobuf])
      assert.deepEqual(
        halves?.map((half) => half.records),
        records,
      )
    for (const half of [0, 1] as const) {
      assert.deepEqual(
        decodeMessage(type, asProtobuf?.[half].body as Uint8Array, 'application/x-protobuf'),
        decodeMessage(type, encodeMessage(type, JSON.parse(String(asJson?.[half].body))), 'application/x-protobuf'),
      )
    }
  })
}
