import type { Span } from '@opentelemetry/api'
import type { Call, CallDescription } from '../../src/instrumentation/call.js'
import {
  type Database,
  type DatabaseQuery,
  databaseOf,
  hideText,
  recordBatchSize,
  recordDatabase,
  recordQuery,
  recordQueryError,
} from '../../src/instrumentation/database.js'
import { DatabaseMetrics, type Failure } from '../../src/instrumentation/database-metrics.js'
import { errorType } from '../../src/instrumentation/http.js'
import { type Kit, messageOf } from '../../src/instrumentation/kit.js'

/** A client of pg, JavaScript or native. */
export interface Client {
  readonly host?: string | null
  readonly port?: number
  readonly database?: string | null
  /** Of a JavaScript client. */
  readonly connection?: {
    readonly parsedStatements?: PreparedTexts
    /** What the server has been asked to prepare; new in pg 8.23. */
    readonly submittedNamedStatements?: PreparedTexts
  }
  /** Of a native client. */
  readonly namedQueries?: PreparedTexts
  readonly query?: object
  [CONNECTION]?: Connection
}

/** Texts of prepared statements by name. */
type PreparedTexts = Readonly<Record<string, string>>

/** What is kept of a client between its queries. */
interface Connection {
  readonly database: Database
  /** Seconds that the next query has waited for this client. */
  waited: number
  /** When its pool began to open it, then when it was handed out last; on the monotonic clock. */
  since: number
  /** Of the pool's query that it has been handed out for and has not sent yet. */
  handed: QueryCall | undefined
}

/** A query as programs write it, and what pg makes of it; an object that pg is to submit as it is may be anything. */
export interface QueryConfig {
  readonly text?: unknown
  readonly name?: unknown
  readonly values?: unknown
  /** Of a stream of pg-query-stream. */
  readonly cursor?: QueryConfig
  readonly submit?: unknown
}

export type QueryCall = Call<DatabaseQuery>

const CONNECTION: unique symbol = Symbol('autospan.pg.connection')

const SYSTEM = 'postgresql'
export const DEFAULT_PORT = 5432
/** Of a pool that has made no client yet. */
export const UNKNOWN_DATABASE: Database = databaseOf(SYSTEM, undefined, undefined, undefined)

export function connectionOf(client: Client): Connection {
  const known = client[CONNECTION]
  if (known !== undefined) return known
  const connection = { database: databaseOfClient(client), waited: 0, since: 0, handed: undefined }
  Object.defineProperty(client, CONNECTION, { value: connection })
  return connection
}

/** The call of the pool's query that a client is to send. */
export function takeHanded(client: Client | undefined): QueryCall | undefined {
  // `query` may be called on nothing, for pg to refuse.
  const connection = client?.[CONNECTION]
  const call = connection?.handed
  if (call !== undefined) (connection as Connection).handed = undefined
  return call
}

/**
 * As the connection was asked for. The schema is not in the namespace: it is the server's to say, and
 * may change with each query.
 */
function databaseOfClient({ host, port, database }: Client): Database {
  const namespace = database ?? undefined
  if (host?.startsWith('/')) return databaseOf(SYSTEM, namespace, `${host}/.s.PGSQL.${port}`, undefined)
  return databaseOf(SYSTEM, namespace, host ?? undefined, port === DEFAULT_PORT ? undefined : port)
}

/** What pg refuses at once is none, and no call of it begins. */
export function isQuery(config: unknown): boolean {
  return config !== null && config !== undefined && typeof config !== 'function'
}

/** Reads what the program has handed to `query`, and leaves it as it is. */
export function readQuery(database: Database, config: unknown, values: unknown, client?: Client): DatabaseQuery {
  if (typeof config === 'string') return database.query(config, isFilled(values))
  const query = (config as QueryConfig).cursor ?? (config as QueryConfig)
  return database.query(textOf(query, client), isFilled(Array.isArray(values) ? values : query.values))
}

/** Whether pg sends a query without calling anything of the program's: `submit`, `toPostgres` or `toJSON`. */
export function isPlain(config: unknown, values: unknown): boolean {
  if (typeof config === 'string') return arePlain(values)
  const { submit, values: own } = config as QueryConfig
  return submit === undefined && arePlain(Array.isArray(values) ? values : own)
}

function arePlain(values: unknown): boolean {
  if (!Array.isArray(values)) return typeof values !== 'object' || values === null
  for (const value of values) {
    if (typeof value === 'object' && value !== null && !(value instanceof Date || ArrayBuffer.isView(value)))
      return false
  }
  return true
}

const patched = new WeakSet<object>()

/** `query` of these clients has been patched; its text is that of the original. */
export function notePatched({ query }: Client): void {
  // Of another's, which pg's own is behind, it is not known what it asks for.
  if (query !== undefined && String(query).includes('_pulseQueryQueue')) patched.add(query)
}

/** Whether `query` of a client is pg's own, but for our patch. */
export function sendsAlone({ query }: Client): boolean {
  return query !== undefined && patched.has(query)
}

/** A statement that this client has prepared, or is about to, may be named alone. */
function textOf({ text, name }: QueryConfig, client: Client | undefined): string {
  if (typeof text === 'string') return text
  const { parsedStatements, submittedNamedStatements } = client?.connection ?? {}
  const key = String(name)
  return (parsedStatements ?? client?.namedQueries)?.[key] ?? submittedNamedStatements?.[key] ?? ''
}

function isFilled(values: unknown): boolean {
  return Array.isArray(values) && values.length > 0
}

/** How pg's queries are told to the kit. */
export const description: CallDescription<DatabaseQuery> = {
  name: ({ name }) => name,
  shared: ({ attributes }) => attributes,
  recordResult: (span, results) => {
    if (Array.isArray(results)) recordBatchSize(span, results.length)
  },
  recordError,
  metrics: metricsOf,
}

/** An error of the server, of the system, of pg itself, or of the program's parsers and values. */
interface QueryError {
  readonly message?: unknown
  readonly code?: unknown
  readonly severity?: unknown
  /** The functions of the database that it comes from. */
  readonly where?: unknown
  readonly syscall?: unknown
  /** One for each address of the host that has been tried. */
  readonly errors?: readonly QueryError[]
}

/**
 * SQLSTATEs whose messages name objects of the database, and never values: connections, constraints,
 * transactions, what is missing or not allowed, resources, locks, operators. Not 42601, for a syntax
 * error quotes the text, and not class 22, for its messages quote the value.
 */
const NAMES_NO_VALUE = /^(?:08|23|25|40|42(?!601)|53|55|57)/

/** What pg says itself. */
const SAID_BY_PG =
  /^(?:A query must|Cannot use a pool|Client (?:has|was)|Connection terminated|Prepared statements must|Query (?:read timeout|values must)|The server does not|There was an error establishing|timeout )/

const SYNTAX_ERROR = '42601'

const known = new WeakMap<Kit, DatabaseMetrics>()

/** One for clients and pools, which measure the same. */
function metricsOf(kit: Kit): DatabaseMetrics {
  let metrics = known.get(kit)
  if (metrics === undefined) {
    metrics = new DatabaseMetrics(kit, failureOf)
    known.set(kit, metrics)
  }
  return metrics
}

function failureOf(error: unknown): Failure {
  const status = statusOf(error)
  return { status, type: status ?? errorType(error) }
}

/** The SQLSTATE, where the error is the server's. */
function statusOf(error: unknown): string | undefined {
  const { code, severity } = (error ?? {}) as QueryError
  return typeof severity === 'string' && typeof code === 'string' ? code : undefined
}

/** Tells the database of a query that began before there was a connection to tell it. */
export function tellDatabase(call: QueryCall, database: Database): void {
  if (call.subject.database === database) return
  recordDatabase(call.span, database)
  call.subject = database.own(call.subject)
}

/** Tells what is sent first for a pool's query by a client with a `query` of its own: it may add queries, or change them. */
export function tellQuery(call: QueryCall, query: DatabaseQuery): void {
  if (call.subject === query) return
  recordQuery(call.span, query)
  call.subject = query
}

function recordError(span: Span, error: unknown, query: DatabaseQuery): void {
  const { message, where, syscall, errors } = (error ?? {}) as QueryError
  const text = typeof message === 'string' ? messageOf(error) : ''
  const code = statusOf(error)
  if (code !== undefined) {
    if (code === SYNTAX_ERROR) hideText(span, query)
    // With its own words, and any SQLSTATE, a function of the database may raise what it likes.
    recordQueryError(span, error, code, !where && NAMES_NO_VALUE.test(code) ? text : undefined)
  } else {
    recordQueryError(
      span,
      error,
      undefined,
      (syscall ?? errors?.[0]?.syscall) !== undefined || SAID_BY_PG.test(text) ? text : undefined,
    )
  }
}
