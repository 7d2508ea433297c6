/*
 * The database vocabulary of the semantic conventions (db/database-spans.md and db/sql.md, stable), once: names,
 * attributes, statuses, error types. The libraries that send queries adapt to it.
 */

import type { Span } from '@opentelemetry/api'
import type { AttributeList } from '../trace/attributes.js'
import { STATUS_ERROR } from '../trace/span.js'
import { errorType } from './http.js'
import { createQueryCache, type QueryDescription } from './sql.js'

/** A database as a connection knows it: described once for each connection, not for each query. */
export interface Database {
  /** `db.system.name`. */
  readonly system: string
  /** `db.namespace`. */
  readonly namespace: string | undefined
  /** `server.address`: a name, an IP address, or the path of a socket. */
  readonly address: string | undefined
  /** `server.port`; undefined for the system's default port, and for a socket. */
  readonly port: number | undefined
  /** The name of a span whose query tells none. */
  readonly name: string
}

/** A query that is sent to a database. */
export interface DatabaseQuery {
  database: Database
  readonly sql: QueryDescription
  /** Whether values are sent beside the text, so that it may be shown as it is. */
  readonly hasValues: boolean
}

/** How long a query had to wait for a connection, in seconds. The conventions have the name for a metric, and none for spans. */
const WAIT_TIME = 'db.client.connection.wait_time'

/** Programs have some hundred queries; those that put values into the text have new ones all the time. */
const CACHED_QUERIES = 1000

const describeSql = createQueryCache(CACHED_QUERIES)

export function describeDatabase(
  system: string,
  namespace: string | undefined,
  address: string | undefined,
  port: number | undefined,
): Database {
  const server = port === undefined ? address : `${address}:${port}`
  return { system, namespace, address, port, name: namespace ?? server ?? system }
}

export function describeQuery(database: Database, sql: string, hasValues: boolean): DatabaseQuery {
  return { database, sql: describeSql(sql), hasValues }
}

export function queryName({ sql, database }: DatabaseQuery): string {
  return sql.summary ?? database.name
}

export function queryAttributes({ database, sql, hasValues }: DatabaseQuery): AttributeList {
  return [
    'db.system.name',
    database.system,
    'db.namespace',
    database.namespace,
    'db.query.summary',
    sql.summary,
    'db.query.text',
    (hasValues ? sql.verbatim : sql.text) || undefined,
    'db.stored_procedure.name',
    sql.storedProcedure,
    'server.address',
    database.address,
    'server.port',
    database.port,
  ]
}

/** Tells the database of a query that was begun before there was a connection to tell it. */
export function recordDatabase(span: Span, query: DatabaseQuery, database: Database): void {
  if (query.database === database) return
  query.database = database
  if (!span.isRecording()) return
  if (query.sql.summary === undefined) span.updateName(database.name)
  span.setAttributes({
    'db.namespace': database.namespace,
    'server.address': database.address,
    'server.port': database.port,
  })
}

export function recordWait(span: Span, seconds: number): void {
  span.setAttribute(WAIT_TIME, seconds)
}

/** What was sent as one and is several. */
export function recordBatchSize(span: Span, size: number): void {
  if (size !== 1) span.setAttribute('db.operation.batch.size', size)
}

/**
 * A query that failed. `status` is the database's own code, where the error is the database's; `message` is to be left
 * out where it may tell a value.
 */
export function recordQueryError(span: Span, error: unknown, status?: string, message?: string): void {
  if (status !== undefined) span.setAttribute('db.response.status_code', status)
  span.setAttribute('error.type', status ?? errorType(error))
  span.setStatus(message ? { code: STATUS_ERROR, message } : { code: STATUS_ERROR })
}
