import type { Context } from '@opentelemetry/api'
import { bindCallback, Calls, detach } from '../../src/instrumentation/call.js'
import { type Database, type DatabaseQuery, recordDatabase } from '../../src/instrumentation/database.js'
import { guard } from '../../src/instrumentation/guard.js'
import type { Kit } from '../../src/instrumentation/kit.js'
import type { AnyFunction } from '../../src/instrumentation/wrap.js'
import {
  type Client,
  connectionOf,
  description,
  isQuery,
  type QueryCall,
  readQuery,
  UNKNOWN_DATABASE,
} from './query.js'

interface Pool {
  readonly idleCount: number
  readonly waitingCount: number
  readonly _clients: readonly Client[]
  readonly _pendingQueue: readonly Waiter[]
  [DATABASE]?: Database
}

/** One who waits for a client, as the pool notes it. */
interface Waiter {
  readonly timedOut?: boolean
  /** `performance.now()` when the waiting began; undefined for one who was served at once. */
  [SINCE]?: number
  /** The one in which the connection was asked for, while it is being opened. */
  [CONTEXT]?: Context | undefined
}

const DATABASE: unique symbol = Symbol('autospan.pg.database')
const SINCE: unique symbol = Symbol('autospan.pg.since')
const CONTEXT: unique symbol = Symbol('autospan.pg.context')

/** What a pool's query that is about to ask for a client will send. */
let asking: DatabaseQuery | undefined
/** The query of a pool that is about to be sent by its client. */
let handed: QueryCall | undefined

/** The call of the query that a client gets from its pool now. */
export function takeHanded(): QueryCall | undefined {
  const call = handed
  handed = undefined
  return call
}

export function tracePool({ prototype }: { readonly prototype: Pool }, kit: Kit): void {
  traceConnections(prototype, kit)
  traceWaiting(prototype, kit)
  traceQueries(prototype, kit)
}

/** A pool's query asks the pool for a client, in the same breath: `connect` begins its call. */
function traceQueries(prototype: Pool, kit: Kit): void {
  const readAsked = guard(kit.place('pool query'), (pool: Pool, config: unknown, values: unknown) => {
    if (isQuery(config)) asking = readQuery(databaseOfPool(pool), config, values)
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
function traceWaiting(prototype: Pool, kit: Kit): void {
  const calls = new Calls(kit, 'pool query', description)
  const place = kit.place('pool waiting')
  const noteWaiter = guard(place, ({ _pendingQueue }: Pool, since: number) => {
    const waiter = _pendingQueue.at(-1)
    if (waiter !== undefined) waiter[SINCE] = since
  })
  const tellDatabase = guard(place, ({ span, subject }: QueryCall, pool: Pool) => {
    recordDatabase(span, subject, databaseOfPool(pool))
  })

  kit.wrap(prototype, 'connect', (connect) => {
    return function (this: Pool, ...args) {
      const callback = args[0]
      if (asking !== undefined) {
        const call = calls.begin(asking)
        asking = undefined
        if (call !== undefined) args[0] = handOver(call, this, callback)
      } else if (typeof callback === 'function') {
        args[0] = bindCallback(kit, kit.active(), callback)
      }
      const { waitingCount } = this
      if (this.idleCount > waitingCount) return connect.apply(this, args)
      const since = performance.now()
      const result = connect.apply(this, args)
      if (this.waitingCount > waitingCount) noteWaiter(this, since)
      return result
    }
  })

  function handOver(asked: QueryCall, pool: Pool, callback: AnyFunction): AnyFunction {
    // Forgotten when used, for pools of some releases hold on to the callback.
    let call: QueryCall | undefined = asked
    return function (error, client, release) {
      const own = call
      call = undefined
      if (own === undefined) return callback.call(this, error, client, release)
      if (error) {
        tellDatabase(own, pool)
        own.fail(error)
        return callback.call(this, error, client, release)
      }
      handed = own
      try {
        return callback.call(this, error, client, release)
      } finally {
        // The client is of a class that is not traced.
        takeHanded()?.end()
      }
    }
  }
}

/**
 * What a pool opens, and its timers for it, outlive the request that needs it and belong to none. But the
 * program's listeners to it run in that request.
 */
function traceConnections(prototype: Pool, kit: Kit): void {
  const place = kit.place('pool connection')
  const noteWait = guard(place, (client: Client, waiter: Waiter) => {
    const since = waiter[SINCE]
    connectionOf(client).waited = since === undefined || waiter.timedOut ? 0 : (performance.now() - since) / 1000
  })
  const noteNew = guard(place, (pool: Pool, waiter: Waiter, since: number) => {
    databaseOfPool(pool)
    waiter[SINCE] ??= since
  })

  detach(kit, prototype, '_release')
  // Before pg-pool 3.12 `newClient` does it all.
  const [opens, position] = '_afterConnect' in prototype ? ['_afterConnect', 1] : ['newClient', 0]
  kit.wrap(prototype, opens as string, (open) => {
    return function (this: Pool, ...args) {
      const waiter: Waiter = args[position as number]
      waiter[CONTEXT] = kit.active()
      return kit.runDetached(open, this, args)
    }
  })
  kit.wrap(prototype, 'newClient', (newClient) => {
    return function (this: Pool, waiter: Waiter) {
      const since = performance.now()
      const result = newClient.call(this, waiter)
      noteNew(this, waiter, since)
      return result
    }
  })
  kit.wrap(prototype, '_acquireClient', (acquireClient) => {
    return function (this: Pool, ...args) {
      const waiter: Waiter = args[1]
      noteWait(args[0], waiter)
      const context = waiter[CONTEXT]
      if (context === undefined) return acquireClient.apply(this, args)
      waiter[CONTEXT] = undefined
      return kit.runWith(context, acquireClient, this, args)
    }
  })
}

function databaseOfPool(pool: Pool): Database {
  const known = pool[DATABASE]
  if (known !== undefined) return known
  const [client] = pool._clients
  if (client === undefined) return UNKNOWN_DATABASE
  const { database } = connectionOf(client)
  Object.defineProperty(pool, DATABASE, { value: database })
  return database
}
