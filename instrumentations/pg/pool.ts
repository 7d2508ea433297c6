import type { EventEmitter } from 'node:events'
import type { Context } from '@opentelemetry/api'
import { bindCallback, Calls, detach, once } from '../../src/instrumentation/call.js'
import type { Database, DatabaseQuery } from '../../src/instrumentation/database.js'
import { startOf } from '../../src/instrumentation/duration.js'
import { guard } from '../../src/instrumentation/guard.js'
import type { Kit } from '../../src/instrumentation/kit.js'
import type { AnyFunction } from '../../src/instrumentation/wrap.js'
import { type PgPool, PgPoolMetrics, type PgWaiter } from './measured-pool.js'
import {
  type Client,
  connectionOf,
  description,
  isPlain,
  isQuery,
  type QueryCall,
  readQuery,
  sendsAlone,
  takeHanded,
  tellDatabase,
  UNKNOWN_DATABASE,
} from './query.js'

interface Pool extends PgPool, EventEmitter {
  readonly options: PgPool['options'] & { readonly log?: unknown }
  readonly ending: boolean
  readonly _clients: readonly Client[]
  readonly _pendingQueue: readonly Waiter[]
  _isFull(): boolean
  [DATABASE]?: Database
}

/** One who has asked the pool for a client, as the pool notes it. */
interface Waiter extends PgWaiter {
  [WAIT]?: Wait | undefined
}

/** That there was none to be had at once. */
interface Wait {
  /** On the monotonic clock. */
  readonly since: number
  readonly context: Context
  /** For a query that pg sends without asking the program for anything. */
  readonly isPlain: boolean
}

const DATABASE: unique symbol = Symbol('autospan.pg.database')
const WAIT: unique symbol = Symbol('autospan.pg.wait')

/** What a pool's query that is about to ask for a client will send. */
let asking: DatabaseQuery | undefined
/** Whether pg will send it without asking the program for anything. */
let asksPlainly = false
/** Of the one who is asking for a client. */
let beginning: Wait | undefined

export function tracePool({ prototype }: { readonly prototype: Pool }, kit: Kit): void {
  const metrics = new PgPoolMetrics(kit, (pool) => databaseOfPool(pool as Pool))
  traceConnections(prototype, kit, metrics)
  traceWaiting(prototype, kit, metrics)
  traceQueries(prototype, kit)
}

/** A pool's query asks the pool for a client, in the same breath: `connect` begins its call. */
function traceQueries(prototype: Pool, kit: Kit): void {
  const readAsked = guard(kit.place('pool query'), (pool: Pool, config: unknown, values: unknown) => {
    if (!isQuery(config)) return
    asking = readQuery(databaseOfPool(pool), config, values)
    asksPlainly = isPlain(config, values)
  })
  kit.wrap(prototype, 'query', (query) => {
    return function (this: Pool, ...args) {
      const last = typeof args[1] === 'function' ? 1 : 2
      const callback = args[last]
      if (typeof callback === 'function') args[last] = bindCallback(kit, kit.active(), callback)
      readAsked(this, args[0], args[1])
      try {
        return query.apply(this, args)
      } finally {
        asking = undefined
      }
    }
  })
}

/**
 * The span of a pool's query begins when the program asks, for the query may have to wait for a client,
 * or get none. Other callers of `connect` get a client in their own context.
 */
function traceWaiting(prototype: Pool, kit: Kit, metrics: PgPoolMetrics): void {
  const calls = new Calls(kit, 'pool query', description)
  const place = kit.place('pool waiting')
  const noteWait = guard(place, (pool: Pool, wait: Wait) => {
    const waiter = pool._pendingQueue.at(-1)
    if (waiter === undefined) return
    waiter[WAIT] = wait
    metrics.waits(pool, waiter)
  })
  const tellPool = guard(place, (call: QueryCall, pool: Pool) => {
    tellDatabase(call, databaseOfPool(pool))
  })

  kit.wrap(prototype, 'connect', (connect) => {
    return function (this: Pool, ...args) {
      const callback = args[0]
      let call: QueryCall | undefined
      let isPlain = false
      if (asking !== undefined) {
        call = calls.begin(asking)
        isPlain = asksPlainly
        asking = undefined
        if (call !== undefined) args[0] = handOver(call, this, callback)
      } else if (typeof callback === 'function') {
        args[0] = once(bindCallback(kit, kit.active(), callback))
      }
      if (this.idleCount > this.waitingCount) return connect.apply(this, args)
      const since = call === undefined ? kit.now() : startOf(call.span)
      return connectLater(connect, this, args, { since, context: call?.context ?? kit.active(), isPlain })
    }
  })

  /** A connection that the pool opens outlives the one who waits for it, and so does what it is made in. */
  function connectLater(connect: AnyFunction, pool: Pool, args: unknown[], wait: Wait): unknown {
    const { waitingCount } = pool
    beginning = wait
    try {
      const result = pool._isFull() ? connect.apply(pool, args) : kit.runDetached(connect, pool, args)
      if (pool.waitingCount > waitingCount) noteWait(pool, wait)
      return result
    } finally {
      beginning = undefined
    }
  }

  function handOver(call: QueryCall, pool: Pool, callback: AnyFunction): AnyFunction {
    // For one use, like that of `once`: pools of some releases hold on to it.
    let asked: QueryCall | undefined = call
    let asker: AnyFunction | undefined = callback
    return function (error, client, release) {
      const call = asked
      const callback = asker
      asked = undefined
      asker = undefined
      if (call === undefined || callback === undefined) return undefined
      if (error) {
        tellPool(call, pool)
        call.fail(error)
      } else {
        hand(client, call)
      }
      return callback.call(this, error, client, release)
    }
  }

  function hand(client: Client, call: QueryCall): void {
    try {
      connectionOf(client).handed = call
    } catch (error) {
      place.failed(error)
      call.end()
    }
  }
}

/**
 * What a pool opens, and its timers for that, outlive the request that needs it and belong to none. But
 * the program's listeners to it run in the request.
 */
function traceConnections(prototype: Pool, kit: Kit, metrics: PgPoolMetrics): void {
  const place = kit.place('pool connection')
  const noteNew = guard(place, (pool: Pool, waiter: Waiter, since: number) => {
    databaseOfPool(pool)
    waiter[WAIT] ??= beginning
    const client = pool._clients.at(-1)
    if (client !== undefined) connectionOf(client).since = since
    metrics.opens(pool, waiter)
  })
  const noteWaited = guard(place, (pool: Pool, client: Client, waiter: Waiter, isNew: boolean) => {
    const connection = connectionOf(client)
    const wait = waiter.timedOut === true ? undefined : waiter[WAIT]
    const now = wait === undefined && !metrics.isOn ? 0 : kit.now()
    connection.waited = wait === undefined ? 0 : (now - wait.since) / 1000
    metrics.handsOut(pool, now, isNew ? connection.since : undefined, connection.waited, wait?.context)
    connection.since = now
  })
  const noteReleased = guard(place, (pool: Pool, client: Client, error: unknown) => {
    metrics.takesBack(pool, connectionOf(client).since)
    // Not taken, if the client is of a class that is not traced.
    const call = takeHanded(client)
    if (error) call?.fail(error)
    else call?.end()
  })

  kit.wrap(prototype, '_release', (release) => {
    return function (this: Pool, ...args) {
      noteReleased(this, args[0], args[2])
      if (kit.isDetached()) return release.apply(this, args)
      return isQuiet(this, args[2]) ? kit.runUnbound(release, this, args) : kit.runDetached(release, this, args)
    }
  })
  // From 3.13 on the program may have a hook in `newClient`, and the timers come after.
  const hasHook = '_afterConnect' in prototype
  detach(kit, prototype, hasHook ? '_afterConnect' : 'newClient')
  kit.wrap(prototype, 'newClient', (newClient) => {
    return function (this: Pool, waiter: Waiter) {
      const { context = kit.active() } = waiter[WAIT] ?? beginning ?? {}
      const since = kit.now()
      const result = hasHook ? kit.runWith(context, newClient, this, [waiter]) : newClient.call(this, waiter)
      noteNew(this, waiter, since)
      return result
    }
  })
  kit.wrap(prototype, '_acquireClient', (acquireClient) => {
    return function (this: Pool, ...args) {
      const waiter: Waiter = args[1]
      noteWaited(this, args[0], waiter, args[3])
      const wait = waiter[WAIT]
      if (wait === undefined) return acquireClient.apply(this, args)
      waiter[WAIT] = undefined
      if (wait.isPlain && isUnheard(this, args[0], args[3] === true)) return acquireClient.apply(this, args)
      return kit.runWith(wait.context, acquireClient, this, args)
    }
  })

  /**
   * Nothing of the program's runs until the query is sent, and it belongs to no other request: its context would make
   * no difference, and to enter one is what costs most of all that is done for a query that waits.
   */
  function isUnheard(pool: Pool, client: Client, isNew: boolean): boolean {
    if (isNew || kit.isInSpan() || !sendsAlone(client)) return false
    return pool.options.log === undefined && pool.listenerCount('acquire') === 0
  }
}

/** Whether nothing happens at a release but that the client is kept, with a timer: nothing of the program's runs. */
function isQuiet(pool: Pool, error: unknown): boolean {
  if (error || pool.ending || pool.waitingCount > 0 || pool.options.log !== undefined) return false
  return pool.listenerCount('release') === 0 && pool.listenerCount('remove') === 0
}

function databaseOfPool(pool: Pool): Database {
  const known = pool[DATABASE]
  if (known !== undefined) return known
  // Others ask with what is no pool, to see what the method does.
  const { _clients: clients }: Partial<Pool> = pool
  const client = clients?.[0]
  if (client === undefined) return UNKNOWN_DATABASE
  const { database } = connectionOf(client)
  Object.defineProperty(pool, DATABASE, { value: database })
  return database
}
