import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findDoubles } from '../../src/doubles.js'

const doubles = findDoubles({ isEnabled: (name) => name !== 'undici', layerSpans: new Set() })
const withLayers = findDoubles({ isEnabled: () => true, layerSpans: new Set(['express']) })

for (const [scope, expected, expectedWithLayers] of [
  ['@opentelemetry/instrumentation-http', true, true],
  ['@opentelemetry_sentry-patched/instrumentation-http', true, true],
  ['@opentelemetry/instrumentation-pg', true, true],
  // Left to it in the one, and traced in the other.
  ['@opentelemetry/instrumentation-undici', false, true],
  ['@opentelemetry/instrumentation-express', false, true],
  ['@opentelemetry/instrumentation-koa', false, false],
  ['@opentelemetry/instrumentation-http2', false, false],
  ['http', false, false],
  ['', false, false],
] as const) {
  test(`spans of '${scope}' would ${expected ? '' : 'not '}be there twice, with layers they would${expectedWithLayers ? '' : ' not'}`, () => {
    const isDouble = [doubles, withLayers].map(({ spansOf }) => spansOf(scope)?.({}) === true)
    assert.deepEqual(isDouble, [expected, expectedWithLayers])
  })
}

for (const [scope, expected] of [
  ['@opentelemetry/instrumentation-http', true],
  ['@opentelemetry/instrumentation-pg', true],
  ['@opentelemetry/instrumentation-runtime-node', true],
  // Left to it.
  ['@opentelemetry/instrumentation-undici', false],
  ['@opentelemetry/host-metrics', false],
  ['@sentry/node', false],
  ['http', false],
] as const) {
  test(`metrics of '${scope}' would ${expected ? '' : 'not '}be there twice`, () => {
    assert.equal(doubles.areMetrics(scope), expected)
  })
}

for (const [origin, expected] of [
  ['auto.http.otel.http', true],
  ['auto.http.client', true],
  ['auto.db.otel.postgres', true],
  // Left to it.
  ['auto.http.otel.node_fetch', false],
  // Not made by the agent.
  ['auto.http.express', false],
  ['manual', false],
  [undefined, false],
] as const) {
  test(`spans of Sentry's from ${origin} would ${expected ? '' : 'not '}be there twice`, () => {
    const isDouble = doubles.spansOf('@sentry/node')
    assert.equal(isDouble?.(origin && { 'sentry.origin': origin }), expected)
    assert.equal(isDouble?.(undefined), false)
  })
}
