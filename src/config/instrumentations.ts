import { createRequire } from 'node:module'
import type { InstrumentationsConfig } from './config.js'
import { readHttp } from './http.js'
import { names as namesType } from './parse.js'
import type { Settings } from './settings.js'

const require = createRequire(import.meta.url)

const ENABLED = 'OTEL_NODE_ENABLED_INSTRUMENTATIONS'
const DISABLED = 'OTEL_NODE_DISABLED_INSTRUMENTATIONS'

/**
 * Which libraries are traced. The most specific variable wins: `OTEL_INSTRUMENTATION_<NAME>_ENABLED`, then the list of
 * disabled ones, then that of enabled ones, then `OTEL_INSTRUMENTATION_COMMON_DEFAULT_ENABLED`.
 *
 * @param known the names of the agent's instrumentations
 */
export function readInstrumentations(settings: Settings, known: readonly string[]): InstrumentationsConfig {
  const byDefault = settings.read('OTEL_INSTRUMENTATION_COMMON_DEFAULT_ENABLED')
  const enabled = readNames(settings, ENABLED, known)
  const disabled = readNames(settings, DISABLED, known)
  const flags = new Map<string, boolean>()
  for (const name of known) {
    const flag = settings.readAs(flagName(name), 'OTEL_INSTRUMENTATION_<NAME>_ENABLED')
    if (flag !== undefined) flags.set(name, flag)
  }
  return Object.freeze({
    http: readHttp(settings),
    queryText: settings.read('AUTOSPAN_DB_QUERY_TEXT'),
    textLength: settings.read('AUTOSPAN_TEXT_LENGTH_LIMIT'),
    layerSpans: new Set(settings.read('OTEL_INSTRUMENTATION_EXPRESS_LAYER_SPANS') ? ['express'] : []),
    sqlCommenter: new Set(settings.read('OTEL_INSTRUMENTATION_PG_SQL_COMMENTER') ? ['pg'] : []),
    correlationNames: Object.freeze({
      traceId: settings.read('OTEL_INSTRUMENTATION_COMMON_LOGGING_TRACE_ID'),
      spanId: settings.read('OTEL_INSTRUMENTATION_COMMON_LOGGING_SPAN_ID'),
      traceFlags: settings.read('OTEL_INSTRUMENTATION_COMMON_LOGGING_TRACE_FLAGS'),
    }),
    serverTiming: settings.read('OTEL_INSTRUMENTATION_HTTP_SERVER_TIMING'),
    isEnabled(name: string): boolean {
      return flags.get(name) ?? ((enabled?.has(name) ?? byDefault) && !disabled?.has(name))
    },
  })
}

/** The variable that switches one library: `OTEL_INSTRUMENTATION_SOCKET_IO_ENABLED` for `socket.io`. */
export function flagName(instrumentation: string): string {
  return `OTEL_INSTRUMENTATION_${flagPart(instrumentation)}_ENABLED`
}

/** How an instrumentation is named within its variable. */
export function flagPart(instrumentation: string): string {
  return instrumentation.toUpperCase().replace(/[^A-Z0-9]/g, '_')
}

/**
 * The known ones of the listed names; undefined when the variable is unset. A list without a known name enables
 * nothing: to trace what the user has not named would be the worse surprise.
 */
function readNames(
  settings: Settings,
  variable: typeof ENABLED | typeof DISABLED,
  known: readonly string[],
): ReadonlySet<string> | undefined {
  const text = settings.given(variable)
  const listed = text === undefined ? undefined : namesType.parse(text).value
  if (listed === undefined) return undefined
  const names = listed.filter((name) => known.includes(name))
  const unknown = listed.filter((name) => !known.includes(name))
  // To disable what the agent does not trace anyway is no mistake, and usual in environments made for another agent.
  const told = variable === DISABLED ? unknown.filter((name) => !OTHER_INSTRUMENTATIONS.includes(name)) : unknown
  const problems = settings.slips(variable)
  if (told.length > 0) {
    const { unknownNames } = require('./complaint.js') as typeof import('./complaint.js')
    problems.push(unknownNames(told, listed.length, known, OTHER_INSTRUMENTATIONS))
  }
  if (problems.length > 0) settings.complain(variable, problems.join(' and '), `using ${names.join(',') || 'none'}`)
  return new Set(names)
}

/**
 * What OpenTelemetry's own agent for Node.js calls its instrumentations (auto-instrumentations-node 0.82), and those of
 * the Java agent that differ from one of them by two letters: none of these is a misspelling.
 */
export const OTHER_INSTRUMENTATIONS: readonly string[] = [
  'amqplib',
  'aws-lambda',
  'aws-sdk',
  'bunyan',
  'cassandra-driver',
  'connect',
  'cucumber',
  'dataloader',
  'dns',
  'express',
  'fastify',
  'fs',
  'generic-pool',
  'graphql',
  'grpc',
  'hapi',
  'host-metrics',
  'http',
  'ioredis',
  'kafkajs',
  'knex',
  'koa',
  'lru-memoizer',
  'memcached',
  'mongodb',
  'mongoose',
  'mysql',
  'mysql2',
  'nestjs-core',
  'net',
  'openai',
  'oracledb',
  'pg',
  'pino',
  'redis',
  'restify',
  'router',
  'runtime-node',
  'socket.io',
  'tedious',
  'undici',
  'winston',
  'jedis',
  'mongo',
  'okhttp',
]
