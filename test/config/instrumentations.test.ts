import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NAMES, reading } from './reading.js'

const ENABLED = 'OTEL_NODE_ENABLED_INSTRUMENTATIONS'
const DISABLED = 'OTEL_NODE_DISABLED_INSTRUMENTATIONS'
const DEFAULT = 'OTEL_INSTRUMENTATION_COMMON_DEFAULT_ENABLED'
const PG = 'OTEL_INSTRUMENTATION_PG_ENABLED'
const AWS = 'OTEL_INSTRUMENTATION_AWS_SDK_ENABLED'

function enabledOf(env: Record<string, string>): string {
  const { config } = reading(env)
  return NAMES.filter((name) => config.instrumentations.isEnabled(name)).join(' ')
}

const ALL = NAMES.join(' ')

test('the most specific variable decides whether a library is traced', () => {
  for (const [env, enabled] of [
    [{}, ALL],
    [{ [ENABLED]: 'http, PG,http' }, 'http pg'],
    [{ [ENABLED]: '' }, ALL],
    [{ [ENABLED]: ',' }, ALL],
    [{ [DISABLED]: 'pg' }, 'http undici express fastify aws-sdk'],
    [{ [DISABLED]: 'pg,Http' }, 'undici express fastify aws-sdk'],
    [{ [ENABLED]: 'http,pg', [DISABLED]: 'pg' }, 'http'],
    [{ [ENABLED]: 'http', [PG]: 'true' }, 'http pg'],
    [{ [ENABLED]: 'http,pg', [PG]: 'false' }, 'http'],
    [{ [DISABLED]: 'pg,http', [PG]: 'TRUE' }, 'undici express fastify pg aws-sdk'],
    [{ [PG]: 'false' }, 'http undici express fastify aws-sdk'],
    [{ [AWS]: 'false' }, 'http undici express fastify pg'],
    [{ [PG]: ' ' }, ALL],
    [{ [PG]: '0' }, ALL],
    [{ [DEFAULT]: 'true' }, ALL],
    [{ [DEFAULT]: 'false' }, ''],
    [{ [DEFAULT]: 'false', [PG]: 'true' }, 'pg'],
    [{ [DEFAULT]: 'false', [ENABLED]: 'http' }, 'http'],
    [{ [DEFAULT]: 'false', [DISABLED]: 'http' }, ''],
    [{ [ENABLED]: 'htpp' }, ''],
    [{ [ENABLED]: 'htpp,pg' }, 'pg'],
  ] as const) {
    assert.equal(enabledOf(env), enabled, JSON.stringify(env))
  }
})

test('what is no name of an instrumentation is told', () => {
  for (const [env, line] of [
    [{ [ENABLED]: 'htpp,pg' }, `${ENABLED}="htpp,pg" holds "htpp", which is not known (did you mean http?); using pg`],
    [{ [ENABLED]: 'koa' }, `${ENABLED}="koa" is not supported; using none`],
    [
      { [ENABLED]: 'whatever' },
      `${ENABLED}="whatever" is not known (known are http, undici, express, fastify, pg, aws-sdk); using none`,
    ],
    [{ [DISABLED]: 'expres' }, `${DISABLED}="expres" is not known (did you mean express?); using none`],
    [
      { [DISABLED]: 'fs,expres,pg' },
      `${DISABLED}="fs,expres,pg" holds "expres", which is not known (did you mean express?); using pg`,
    ],
    [{ [PG]: 'no' }, `${PG}="no" is neither true nor false; it is ignored`],
    [{ [DEFAULT]: 'off' }, `${DEFAULT}="off" is neither true nor false; using true`],
  ] as const) {
    assert.deepEqual(reading(env).lines, [line])
  }
})

test('to disable a library which is not traced anyway is no mistake', () => {
  assert.deepEqual(reading({ [DISABLED]: 'fs,dns,net,host-metrics' }).lines, [])
})

test('a name that the agent does not have follows the lists', () => {
  assert.equal(reading({}).config.instrumentations.isEnabled('own'), true)
  assert.equal(reading({ [ENABLED]: 'http' }).config.instrumentations.isEnabled('own'), false)
  assert.equal(reading({ [DEFAULT]: 'false' }).config.instrumentations.isEnabled('own'), false)
  assert.equal(reading({}).config.instrumentations.isEnabled('__proto__'), true)
})
