import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findDoubles } from '../../src/doubles.js'

const doublesOf = findDoubles({ isEnabled: (name) => name !== 'undici', layerSpans: new Set() })
const doublesWithLayers = findDoubles({ isEnabled: () => true, layerSpans: new Set(['express']) })

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
    const isDouble = [doublesOf, doublesWithLayers].map((of) => of(scope)?.({}) === true)
    assert.deepEqual(isDouble, [expected, withLayers])
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
    const isDouble = doublesOf('@sentry/node')
    assert.equal(isDouble?.(origin && { 'sentry.origin': origin }), expected)
    assert.equal(isDouble?.(undefined), false)
  })
}
