import type { Context } from '@opentelemetry/api'
import type { Database } from '../../src/instrumentation/database.js'
import type { Kit } from '../../src/instrumentation/kit.js'
import { type MeasuredPool, PoolMetrics, type PoolState } from '../../src/instrumentation/pool-metrics.js'
import type { AnyFunction } from '../../src/instrumentation/wrap.js'
import { DEFAULT_PORT } from './query.js'

/** What is asked of a pool of pg-pool. */
export interface PgPool {
  readonly idleCount: number
  readonly totalCount: number
  readonly waitingCount: number
  readonly ended: boolean
  /** Numbers, or what programs take from their environment for them. */
  readonly options: { readonly max: unknown; readonly min?: unknown; readonly connectionTimeoutMillis?: unknown }
  [MEASURED]?: MeasuredPool
}

/** One who has asked for a client, as the pool notes it. */
export interface PgWaiter {
  callback: AnyFunction
  timedOut?: boolean
  [WAITS_FOR]?: PgPool
  [TIMED_OUT]?: boolean
}

const WAITS_FOR: unique symbol = Symbol('autospan.pg.pool waited for')
const TIMED_OUT: unique symbol = Symbol('autospan.pg.timed out')
const MEASURED: unique symbol = Symbol('autospan.pg.pool')

/** The class of waiters that tells of timeouts. */
let noticed: object | undefined

/** Measures the pools of pg, where anybody wants metrics; else all of this does nothing. */
export class PgPoolMetrics {
  readonly isOn: boolean
  readonly #kit: Kit
  readonly #databaseOf: (pool: PgPool) => Database
  #metrics: PoolMetrics<PgPool> | undefined

  constructor(kit: Kit, databaseOf: (pool: PgPool) => Database) {
    this.isOn = kit.hasMeter
    this.#kit = kit
    this.#databaseOf = databaseOf
  }

  /** A pool opens a connection for one who waits. */
  opens(pool: PgPool, waiter: PgWaiter): void {
    if (!this.isOn) return
    if (pool[MEASURED] === undefined) {
      this.#metrics ??= new PoolMetrics(this.#kit, (pool) => (pool.ended ? undefined : this.#stateOf(pool)))
      Object.defineProperty(pool, MEASURED, { value: this.#metrics.add(pool, nameOf(this.#databaseOf(pool))) })
    }
    if (pool.options.connectionTimeoutMillis) noticeTimeoutOfConnection(pool, waiter)
  }

  /** One waits for a connection to be given back. */
  waits(pool: PgPool, waiter: PgWaiter): void {
    if (this.isOn && pool.options.connectionTimeoutMillis) noticeTimeoutOfWaiting(pool, waiter)
  }

  /** `since` is when the connection was asked for, where it is a new one; times on the monotonic clock. */
  handsOut(pool: PgPool, now: number, since: number | undefined, waited: number, context: Context | undefined): void {
    const measured = pool[MEASURED]
    if (measured === undefined) return
    if (since !== undefined) measured.created((now - since) / 1000)
    measured.waited(waited, now, context)
  }

  takesBack(pool: PgPool, since: number): void {
    pool[MEASURED]?.used((this.#kit.now() - since) / 1000)
  }

  #stateOf(pool: PgPool): PoolState {
    const { idleCount, totalCount, waitingCount, options } = pool
    return {
      name: nameOf(this.#databaseOf(pool)),
      idle: idleCount,
      used: totalCount - idleCount,
      pending: waitingCount,
      max: Number(options.max),
      idleMin: Number(options.min ?? 0),
    }
  }
}

/** As the conventions have it for pools that have no name of their own. */
function nameOf({ address = '', port, namespace = '' }: Database): string {
  const isSocket = address.startsWith('/')
  return isSocket ? `${address}/${namespace}` : `${address}:${port ?? DEFAULT_PORT}/${namespace}`
}

/** The pool says so by setting this property, and in no other way that all callers have. */
function noticeTimeoutOfWaiting(pool: PgPool, waiter: PgWaiter): void {
  waiter[WAITS_FOR] = pool
  const prototype = Object.getPrototypeOf(waiter)
  if (prototype === noticed || prototype === Object.prototype) return
  noticed = prototype
  // Of the class, for each waiter would be slow with an accessor of its own: 1 us, and 350 bytes.
  Object.defineProperty(prototype, 'timedOut', {
    configurable: true,
    get(this: PgWaiter) {
      return this[TIMED_OUT]
    },
    set(this: PgWaiter, value: boolean) {
      this[TIMED_OUT] = value
      if (value) this[WAITS_FOR]?.[MEASURED]?.timedOut()
    },
  })
}

function noticeTimeoutOfConnection(pool: PgPool, waiter: PgWaiter): void {
  const { callback } = waiter
  waiter.callback = function (this: unknown, error, ...others) {
    if (error instanceof Error && /timeout/.test(error.message)) pool[MEASURED]?.timedOut()
    return callback.call(this, error, ...others)
  }
}
