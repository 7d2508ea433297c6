import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findDoubles } from '../../src/doubles.js'

const isEnabled = (name: string) => name !== 'undici' && name !== 'bunyan'
const doubles = findDoubles({ isEnabled, layerSpans: new Set() }, new Set(['pino', 'bunyan']))
const withLayers = findDoubles({ isEnabled: () => true, layerSpans: new Set(['express']) }, new Set())

for (const [scope, expected, expectedWithLayers] of [
  ['@opentelemetry/instrumentation-http', true, true],
  ['@opentelemetry_sentry-patched/instrumentation-http', true, true],
  ['@opentelemetry/instrumentation-grpc', true, true],
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

for (const [scope, expected] of [
  ['@opentelemetry/instrumentation-pino', true],
  // Left to it, or not sent by the agent.
  ['@opentelemetry/instrumentation-bunyan', false],
  ['@opentelemetry/winston-transport', false],
  ['pino', false],
] as const) {
  test(`log records of '${scope}' would ${expected ? '' : 'not '}be there twice`, () => {
    assert.equal(doubles.areRecords(scope), expected)
  })
}

for (const [scope, attribute, value, expected] of [
  ['@sentry/node', 'sentry.origin', 'auto.http.otel.http', true],
  ['@sentry/node', 'sentry.origin', 'auto.http.client', true],
  ['@sentry/node', 'sentry.origin', 'auto.db.otel.postgres', true],
  // Left to it.
  ['@sentry/node', 'sentry.origin', 'auto.http.otel.node_fetch', false],
  // Not made by the agent.
  ['@sentry/node', 'sentry.origin', 'auto.http.express', false],
  ['@sentry/node', 'sentry.origin', 'manual', false],
  ['@vercel/otel/fetch', 'http.client.name', 'http', true],
  // Left to it.
  ['@vercel/otel/fetch', 'http.client.name', 'fetch', false],
  ['@vercel/otel/fetch', 'sentry.origin', 'http', false],
] as const) {
  test(`spans of '${scope}' with ${attribute} ${value} would ${expected ? '' : 'not '}be there twice`, () => {
    const isDouble = doubles.spansOf(scope)
    assert.equal(isDouble?.({ [attribute]: value }), expected)
    assert.equal(isDouble?.(undefined), false)
  })
}
