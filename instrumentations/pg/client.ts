import type { EventEmitter } from 'node:events'
import { bindCallbacksOf, Calls, detach } from '../../src/instrumentation/call.js'
import { recordDatabase, recordWait } from '../../src/instrumentation/database.js'
import { guard } from '../../src/instrumentation/guard.js'
import type { Kit } from '../../src/instrumentation/kit.js'
import type { AnyFunction } from '../../src/instrumentation/wrap.js'
import { takeHanded } from './pool.js'
import { type Client, connectionOf, description, type QueryCall, type QueryConfig, readQuery } from './query.js'

/** What pg exports, and again as `native`. */
interface Pg {
  readonly Client: ClientClass
  readonly native?: Pg | null
}

interface ClientClass {
  readonly prototype: Client
  readonly Query: QueryClass
}

type QueryClass = (new (...args: unknown[]) => Query) & { readonly prototype: Query }

/** A query that a client has taken up: made by pg, or by the program, of pg's class or of another. */
interface Query extends EventEmitter {
  callback?: AnyFunction
  handleError: AnyFunction
  handleReadyForQuery: AnyFunction
  /** A list, where the text has several statements. */
  readonly _results?: unknown
  /** A row could not be parsed: the query fails when it is ready. */
  readonly _canceledDueToError?: unknown
  [CALL]?: QueryCall | undefined
}

/** Where a query carries its call until that ends. */
const CALL: unique symbol = Symbol('autospan.pg.call')

/** The call whose query pg is to make next. */
let expecting: QueryCall | undefined
/** The query that pg has made for it. */
let made: Query | undefined

export function traceClients(pg: Pg, kit: Kit): void {
  traceClient(pg.Client, kit)
  const { get, ...native } = Object.getOwnPropertyDescriptor(pg, 'native') ?? {}
  if (get === undefined) return
  const traceNative = guard(kit.place('native'), (loaded: Pg | null) => {
    if (loaded !== null) traceClient(loaded.Client, kit)
  })
  // pg loads the native client when it is asked for, and puts it in the place of this getter.
  Object.defineProperty(pg, 'native', {
    ...native,
    get(this: Pg) {
      const loaded = get.call(this)
      traceNative(loaded)
      return loaded
    },
  })
}

function traceClient({ prototype, Query }: ClientClass, kit: Kit): void {
  noticeNew(Query, kit)
  noticeEnd(Query, kit)
  // The connection outlives the request that opens it.
  detach(kit, prototype, 'connect')
  bindCallbacksOf(kit, prototype, 'connect')
  bindCallbacksOf(kit, prototype, 'end')
  traceQueries(prototype, Query, kit)
}

/** One span for each call of `query`. That of a pool's query has been begun by the pool. */
function traceQueries(prototype: Client, Query: QueryClass, kit: Kit): void {
  const calls = new Calls(kit, 'query', description)
  const place = kit.place('client')

  kit.wrap(prototype, 'query', (query) => {
    return function (this: Client, ...args) {
      const ofPool = takeHanded()
      const call = begin(this, ofPool, args[0], args[1])
      if (call === undefined) return query.apply(this, args)
      const outer = made
      try {
        expect(args[0], call)
        const result = query.apply(this, args)
        // The pool has bound its caller's callback; that of a promise only settles it.
        if (call !== ofPool && (result === undefined || result === args[0])) bindCallback(call)
        return result
      } catch (error) {
        call.fail(error)
        throw error
      } finally {
        expecting = undefined
        made = outer
      }
    }
  })

  function begin(client: Client, ofPool: QueryCall | undefined, config: unknown, values: unknown) {
    if (config === null || config === undefined || !place.on) return undefined
    try {
      const connection = connectionOf(client)
      const { database, waited } = connection
      const call = ofPool ?? calls.begin(readQuery(database, config, values, client))
      if (call === undefined) return undefined
      recordDatabase(call.span, call.subject, database)
      if (waited > 0) {
        connection.waited = 0
        recordWait(call.span, waited)
      }
      return call
    } catch (error) {
      place.failed(error)
      return undefined
    }
  }

  function expect(config: unknown, call: QueryCall): void {
    if (typeof (config as QueryConfig).submit !== 'function') {
      made = undefined
      expecting = call
      return
    }
    made = config as Query
    try {
      kit.bindEmitter(call.context, made)
      if (made instanceof Query) made[CALL] = call
      else follow(made, call)
    } catch (error) {
      place.failed(error)
    }
  }

  function bindCallback(call: QueryCall): void {
    if (typeof made?.callback === 'function' && !call.hasEnded) made.callback = call.bind(made.callback)
  }
}

/**
 * pg makes its queries out of reach. But both kinds begin with something that can be reached: the
 * JavaScript query by the constructor of the class it extends, the native one by listening to itself.
 */
function noticeNew(Query: QueryClass, kit: Kit): void {
  if ('handleReadyForQuery' in Query.prototype) {
    const Base: new (...args: unknown[]) => EventEmitter = Object.getPrototypeOf(Query)
    class Noticed extends Base {
      constructor(...args: unknown[]) {
        super(...args)
        if (expecting !== undefined) notice(this as unknown as Query, expecting)
      }
    }
    Object.setPrototypeOf(Query, Noticed)
  } else {
    kit.wrap(Query.prototype, 'on', (on) => {
      return function (this: Query, ...args) {
        if (expecting !== undefined) notice(this, expecting)
        return on.apply(this, args)
      }
    })
  }
}

function notice(query: Query, call: QueryCall): void {
  expecting = undefined
  made = query
  query[CALL] = call
}

/** pg tells a query of its end by these, whatever the program has asked for: a callback, a promise, events. */
function noticeEnd(Query: QueryClass, kit: Kit): void {
  kit.wrap(Query.prototype, 'handleError', (handleError) => {
    return function (this: Query, ...args) {
      const call = takeCall(this)
      if (call === undefined) return handleError.apply(this, args)
      // The error is whole only when it is passed on: the native query puts the server's words on it.
      const { callback } = this
      const failed: AnyFunction = function (...reasons) {
        call.fail(reasons[0])
        return callback?.apply(this, reasons)
      }
      if (typeof callback === 'function') this.callback = failed
      try {
        return handleError.apply(this, args)
      } finally {
        if (this.callback === failed) this.callback = callback as AnyFunction
        call.fail(args[0])
      }
    }
  })
  if ('handleReadyForQuery' in Query.prototype) {
    kit.wrap(Query.prototype, 'handleReadyForQuery', (handleReadyForQuery) => {
      return function (this: Query, ...args) {
        if (!this._canceledDueToError) takeCall(this)?.end(this._results)
        return handleReadyForQuery.apply(this, args)
      }
    })
  } else {
    kit.wrap(Query.prototype, 'emit', (emit) => {
      return function (this: Query, ...args) {
        if (args[0] === 'end') takeCall(this)?.end(args[1])
        return emit.apply(this, args)
      }
    })
  }
}

function takeCall(query: Query): QueryCall | undefined {
  const call = query[CALL]
  if (call !== undefined) query[CALL] = undefined
  return call
}

/** A cursor, a stream or the like hears of its end by its own methods; they are left as they were found. */
function follow(query: Query, call: QueryCall): void {
  const restoreError = shadow(query, 'handleError', (error) => {
    restoreReady()
    call.fail(error)
  })
  const restoreReady = shadow(query, 'handleReadyForQuery', () => {
    restoreError()
    call.end()
  })
}

/** Has `heard` called once before a method is; @returns what undoes it. */
function shadow(
  query: Query,
  method: 'handleError' | 'handleReadyForQuery',
  heard: (argument: unknown) => void,
): () => void {
  const original = query[method]
  const own = Object.getOwnPropertyDescriptor(query, method)
  const value: AnyFunction = function (...args) {
    restore()
    heard(args[0])
    return original.apply(this, args)
  }
  Object.defineProperty(query, method, { value, writable: true, configurable: true })
  return restore

  function restore(): void {
    if (query[method] !== value) return
    if (own === undefined) Reflect.deleteProperty(query, method)
    else Object.defineProperty(query, method, own)
  }
}
