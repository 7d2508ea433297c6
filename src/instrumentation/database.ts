/*
 * The database vocabulary of the semantic conventions (db/database-spans.md and db/sql.md, stable), once: names,
 * attributes, statuses, error types. The libraries that send queries adapt to it.
 */

import type { Span } from '@opentelemetry/api'
import { type AttributeList, SharedAttributes } from '../trace/attributes.js'
import { ownText } from '../trace/own-text.js'
import { STATUS_ERROR } from '../trace/span.js'
import { errorType } from './http.js'
import { showsQueryTexts } from './query-text.js'
import { createQueryCache, type QueryDescription } from './sql.js'

/** How long a query had to wait for a connection, in seconds. The conventions have the name for a metric, and none for spans. */
const WAIT_TIME = 'db.client.connection.wait_time'

/** Programs have some hundred queries; those that put values into the text have new ones all the time. */
const CACHED_QUERIES = 500
/** Programs have a few databases; those of many tenants are not kept beyond this number. */
const MAX_DATABASES = 100

const describeSql = createQueryCache(CACHED_QUERIES)
const databases = new Map<string, Database>()

/** What the spans of all executions of one query in one database have alike. */
export interface DatabaseQuery {
  readonly database: Database
  /** The span's name. */
  readonly name: string
  readonly attributes: SharedAttributes
  readonly summary: string | undefined
  readonly storedProcedure: string | undefined
  readonly sql: QueryDescription
  /** Whether the text is shown without its literals. */
  readonly isSanitised: boolean
}

/** A database as a connection knows it. Connections to the same one share it, and what it has made of queries. */
export class Database {
  readonly system: string
  /** `db.namespace`. */
  readonly namespace: string | undefined
  /** `server.address`: a name, an IP address, or the path of a socket. */
  readonly address: string | undefined
  /** `server.port`; undefined for the system's default port, and for a socket. */
  readonly port: number | undefined
  readonly #sanitised = new WeakMap<QueryDescription, DatabaseQuery>()
  readonly #verbatim = new WeakMap<QueryDescription, DatabaseQuery>()

  /** Use `databaseOf`. */
  constructor(system: string, namespace: string | undefined, address: string | undefined, port: number | undefined) {
    this.system = system
    this.namespace = namespace
    this.address = address
    this.port = port
  }

  /** @param hasValues whether values are sent beside the text: only then may the text be shown as it is. */
  query(text: string, hasValues: boolean): DatabaseQuery {
    return this.#query(describeSql(text), hasValues)
  }

  /** The same query in this database. */
  own({ sql, isSanitised }: DatabaseQuery): DatabaseQuery {
    return this.#query(sql, !isSanitised)
  }

  #query(sql: QueryDescription, hasValues: boolean): DatabaseQuery {
    const known = hasValues ? this.#verbatim : this.#sanitised
    const query = known.get(sql)
    if (query !== undefined) return query
    const made = this.#describe(sql, hasValues)
    known.set(sql, made)
    return made
  }

  #describe(sql: QueryDescription, hasValues: boolean): DatabaseQuery {
    const { summary, storedProcedure, verbatim, text: sanitised } = sql
    const { system, namespace, address, port } = this
    const text = hasValues ? verbatim : sanitised
    const attributes: AttributeList = ['db.system.name', system]
    put(attributes, 'db.namespace', namespace)
    put(attributes, 'db.query.summary', summary)
    put(attributes, 'db.query.text', text === '' || !showsQueryTexts() ? undefined : ownText(text))
    put(attributes, 'db.stored_procedure.name', storedProcedure)
    put(attributes, 'server.address', address)
    put(attributes, 'server.port', port)
    const server = port === undefined ? address : `${address}:${port}`
    const name = summary ?? storedProcedure ?? namespace ?? server ?? system
    const shared = new SharedAttributes(attributes, name)
    return { database: this, name, attributes: shared, summary, storedProcedure, sql, isSanitised: !hasValues }
  }
}

/** The database of these names: one object for all connections to it. */
export function databaseOf(
  system: string,
  namespace: string | undefined,
  address: string | undefined,
  port: number | undefined,
): Database {
  const key = JSON.stringify([system, namespace, address, port])
  const known = databases.get(key)
  if (known !== undefined) return known
  const database = new Database(system, namespace, address, port)
  if (databases.size < MAX_DATABASES) databases.set(key, database)
  return database
}

function put(list: AttributeList, key: string, value: string | number | undefined): void {
  if (value !== undefined) list.push(key, value)
}

/** Puts on a span in which database its query went after all. */
export function recordDatabase(span: Span, { namespace, address, port }: Database): void {
  if (!span.isRecording()) return
  if (namespace !== undefined) span.setAttribute('db.namespace', namespace)
  if (address !== undefined) span.setAttribute('server.address', address)
  if (port !== undefined) span.setAttribute('server.port', port)
}

/** Puts on a span which query was sent after all, and to which database. */
export function recordQuery(span: Span, { name, attributes: { list } }: DatabaseQuery): void {
  if (!span.isRecording()) return
  span.updateName(name)
  for (let i = 0; i < list.length; i += 2) span.setAttribute(list[i] as string, list[i + 1] as string | number)
}

export function recordWait(span: Span, seconds: number): void {
  span.setAttribute(WAIT_TIME, seconds)
}

/** For a text that the database could not parse: its literals may be where they do not look so. */
export function hideText(span: Span, query: DatabaseQuery): void {
  if (query.isSanitised && showsQueryTexts()) span.setAttribute('db.query.text', '?')
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
  span.setStatus({ code: STATUS_ERROR, message: message && ownText(message) })
}
