/*
 * The metrics of connection pools (db/database-metrics.md of the semantic conventions, in development), once.
 */

import type { Context } from '@opentelemetry/api'
import { spanOf } from '../context/context.js'
import type { BoundInstrument, ObservableInstrument, SyncInstrument } from '../metrics/instruments.js'
import { unixMillisOf } from './duration.js'
import type { Kit } from './kit.js'

/** In seconds, those of the duration of operations: the conventions have none for pools. */
const SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10]
const NAME = 'db.client.connection.pool.name'
/** Of more pools those that are gone are looked for when one is added. */
const FEW_POOLS = 64

/** How a pool is at the moment, in connections; `pending` is how many wait for one. No bound is told as no finite number. */
export interface PoolState {
  readonly name: string
  readonly idle: number
  readonly used: number
  readonly pending: number
  readonly max: number
  readonly idleMin: number
}

/** Measures pools for as long as they live, and keeps none alive. Pools of one name are told as one. */
export class PoolMetrics<Pool extends object> {
  readonly #stateOf: (pool: Pool) => PoolState | undefined
  readonly #pools = new Set<WeakRef<Pool>>()
  #many = FEW_POOLS
  readonly #waitTime: SyncInstrument
  readonly #createTime: SyncInstrument
  readonly #useTime: SyncInstrument
  readonly #timeouts: SyncInstrument

  /** @param stateOf undefined for a pool that has ended */
  constructor(kit: Kit, stateOf: (pool: Pool) => PoolState | undefined) {
    this.#stateOf = stateOf
    const meter = kit.meter()
    const duration = (name: string, description: string) =>
      meter.createHistogram(`db.client.connection.${name}`, {
        description,
        unit: 's',
        advice: { explicitBucketBoundaries: SECONDS },
      })
    this.#createTime = duration('create_time', 'The time it took to create a new connection.')
    this.#waitTime = duration('wait_time', 'The time it took to obtain an open connection from the pool.')
    this.#useTime = duration('use_time', 'The time between borrowing a connection and returning it to the pool.')
    this.#timeouts = meter.createCounter('db.client.connection.timeouts', {
      description: 'The number of connection timeouts that have occurred trying to obtain a connection from the pool.',
      unit: '{timeout}',
      valueType: 0,
    })
    const observed = (name: string, unit: string, description: string) =>
      meter.createObservableUpDownCounter(`db.client.connection.${name}`, { description, unit, valueType: 0 })
    const count = observed(
      'count',
      '{connection}',
      'The number of connections that are currently in state described by the state attribute.',
    )
    const others: readonly (readonly [ObservableInstrument, (state: PoolState) => number])[] = [
      [observed('max', '{connection}', 'The maximum number of open connections allowed.'), ({ max }) => max],
      [
        observed('idle.min', '{connection}', 'The minimum number of idle open connections allowed.'),
        ({ idleMin }) => idleMin,
      ],
      [
        observed('pending_requests', '{request}', 'The number of current pending requests for an open connection.'),
        ({ pending }) => pending,
      ],
    ]
    meter.observe((observe) => {
      for (const [name, states] of this.#states()) {
        const total = (of: (state: PoolState) => number) => states.reduce((sum, state) => sum + of(state), 0)
        for (const state of ['idle', 'used'] as const)
          observe(
            count,
            total((pool) => pool[state]),
            { [NAME]: name, 'db.client.connection.state': state },
          )
        for (const [instrument, of] of others) {
          const sum = total(of)
          if (Number.isFinite(sum)) observe(instrument, sum, { [NAME]: name })
        }
      }
    })
  }

  /** Measures a pool from now on. */
  add(pool: Pool, name: string): MeasuredPool {
    if (this.#pools.size >= this.#many) {
      this.#states()
      this.#many = Math.max(FEW_POOLS, 2 * this.#pools.size)
    }
    this.#pools.add(new WeakRef(pool))
    const attributes = [NAME, name]
    return new MeasuredPool(
      this.#createTime.bind(attributes),
      this.#waitTime.bind(attributes),
      this.#useTime.bind(attributes),
      this.#timeouts.bind(attributes),
    )
  }

  /** By name. Forgets pools that are gone. */
  #states(): ReadonlyMap<string, readonly PoolState[]> {
    const states = new Map<string, PoolState[]>()
    for (const reference of this.#pools) {
      const pool = reference.deref()
      const state = pool && this.#stateOf(pool)
      if (state === undefined) this.#pools.delete(reference)
      else states.set(state.name, [...(states.get(state.name) ?? []), state])
    }
    return states
  }
}

/** Takes what is measured of one pool; durations in seconds. */
export class MeasuredPool {
  readonly #createTime: BoundInstrument
  readonly #waitTime: BoundInstrument
  readonly #useTime: BoundInstrument
  readonly #timeouts: BoundInstrument

  /** Use `PoolMetrics.add`. */
  constructor(
    createTime: BoundInstrument,
    waitTime: BoundInstrument,
    useTime: BoundInstrument,
    timeouts: BoundInstrument,
  ) {
    this.#createTime = createTime
    this.#waitTime = waitTime
    this.#useTime = useTime
    this.#timeouts = timeouts
  }

  /** A connection was opened. */
  created(seconds: number): void {
    this.#createTime.record(seconds, 0, undefined)
  }

  /** A connection was handed out, at that time on the monotonic clock; `context` is that of who had to wait for it. */
  waited(seconds: number, nowMillis: number, context: Context | undefined): void {
    const span = context && spanOf(context)
    this.#waitTime.record(seconds, unixMillisOf(nowMillis, span), span)
  }

  /** A connection was given back. */
  used(seconds: number): void {
    this.#useTime.record(seconds, 0, undefined)
  }

  /** Somebody has waited in vain. */
  timedOut(): void {
    this.#timeouts.record(1, 0, undefined)
  }
}
