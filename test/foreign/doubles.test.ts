import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findDoubles } from '../../src/doubles.js'

const isDouble = findDoubles({ isEnabled: (name) => name !== 'undici', layerSpans: new Set() })
const isDoubleWithLayers = findDoubles({ isEnabled: () => true, layerSpans: new Set(['express']) })

for (const [scope, expected, withLayers] of [
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
  test(`spans of '${scope}' would ${expected ? '' : 'not '}be there twice, with layers they would${withLayers ? '' : ' not'}`, () => {
    assert.deepEqual([isDouble(scope), isDoubleWithLayers(scope)], [expected, withLayers])
  })
}
