/*
 * The metrics of calls to databases (db/database-metrics.md of the semantic conventions), once. They count all calls, of
 * traces that are not sampled too.
 */

import type { Span } from '@opentelemetry/api'
import type { BoundInstrument, SyncInstrument } from '../metrics/instruments.js'
import type { CallMetrics } from './call.js'
import type { DatabaseQuery } from './database.js'
import { recordDuration } from './duration.js'
import type { Kit } from './kit.js'

/** Of the conventions for this metric, in seconds. */
const SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10]

/** How a call has failed: the class of its error, and the database's own code where it has one. */
export interface Failure {
  readonly type: string
  readonly status: string | undefined
}

/** Measures the queries that a process sends. The text of a query is no attribute, only its summary. */
export class DatabaseMetrics implements CallMetrics<DatabaseQuery> {
  readonly #histogram: SyncInstrument
  readonly #failureOf: (error: unknown) => Failure
  /** Of calls that succeed, which are nearly all. */
  readonly #series = new WeakMap<DatabaseQuery, BoundInstrument>()

  constructor(kit: Kit, failureOf: (error: unknown) => Failure) {
    this.#failureOf = failureOf
    this.#histogram = kit.meter().createHistogram('db.client.operation.duration', {
      description: 'Duration of database client operations.',
      unit: 's',
      advice: { explicitBucketBoundaries: SECONDS },
    })
  }

  ended(query: DatabaseQuery, error: unknown, startMillis: number, endMillis: number, span: Span): void {
    const series = error === undefined ? this.#succeeded(query) : this.#bind(query, this.#failureOf(error))
    recordDuration(series, startMillis, endMillis, span)
  }

  #succeeded(query: DatabaseQuery): BoundInstrument {
    let series = this.#series.get(query)
    if (series === undefined) {
      series = this.#bind(query, undefined)
      this.#series.set(query, series)
    }
    return series
  }

  #bind({ database, summary, storedProcedure }: DatabaseQuery, failure: Failure | undefined): BoundInstrument {
    return this.#histogram.bind([
      'db.system.name',
      database.system,
      'db.namespace',
      database.namespace,
      'db.query.summary',
      summary,
      'db.stored_procedure.name',
      storedProcedure,
      'server.address',
      database.address,
      'server.port',
      database.port,
      'db.response.status_code',
      failure?.status,
      'error.type',
      failure?.type,
    ])
  }
}
