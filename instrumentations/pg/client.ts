import type { EventEmitter } from 'node:events'
import { createRequire } from 'node:module'
import type { TextMapPropagator } from '@opentelemetry/api'
import { bindCallbacksOf, Calls, once } from '../../src/instrumentation/call.js'
import { recordWait } from '../../src/instrumentation/database.js'
import { guard } from '../../src/instrumentation/guard.js'
import type { Kit } from '../../src/instrumentation/kit.js'
import { shadow } from '../../src/instrumentation/shadow.js'
import type { AnyFunction } from '../../src/instrumentation/wrap.js'
import {
  type Client,
  connectionOf,
  description,
  isQuery,
  notePatched,
  type QueryCall,
  type QueryConfig,
  readQuery,
  takeHanded,
  tellDatabase,
  tellQuery,
} from './query.js'

const require = createRequire(import.meta.url)

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
  /** Sends it, when its turn has come. */
  submit: AnyFunction
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
  const traceNative = guard(kit.place('native', { always: true }), (loaded: Pg | null) => {
    // The same, where the program has asked for the native one to be the default.
    if (loaded !== null && loaded.Client !== pg.Client) traceClient(loaded.Client, kit)
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
  if (kit.sqlCommenter !== undefined) commentQueries(Query, kit.sqlCommenter, kit)
  connectDetached(prototype, kit)
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
      const ofPool = takeHanded(this)
      const call = begin(this, ofPool, args[0], args[1])
      if (call === undefined) {
        ofPool?.end()
        return query.apply(this, args)
      }
      const outer = made
      try {
        expect(args[0], call)
        const result = query.apply(this, args)
        if (made === undefined) unheard(call)
        // The pool has bound its caller's callback; that of a promise only settles it.
        else if ((call !== ofPool || this.query !== traced) && (result === undefined || result === args[0]))
          bindCallback(made, call)
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
  // Its text is the original's.
  notePatched(prototype)
  const { query: traced } = prototype

  function begin(client: Client, ofPool: QueryCall | undefined, config: unknown, values: unknown) {
    if (!isQuery(config) || (ofPool === undefined && !place.on)) return undefined
    try {
      const connection = connectionOf(client)
      const { database, waited } = connection
      const call = ofPool ?? calls.begin(readQuery(database, config, values, client))
      if (call === undefined) return undefined
      if (call === ofPool && client.query !== traced) tellQuery(call, readQuery(database, config, values, client))
      else tellDatabase(call, database)
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
      else follow(made, call, kit)
    } catch (error) {
      place.failed(error)
    }
  }

  function bindCallback(query: Query, call: QueryCall): void {
    if (typeof query.callback === 'function' && !call.hasEnded) query.callback = call.bind(query.callback)
  }

  function unheard(call: QueryCall): void {
    place.failed(new TypeError('the end of a query cannot be heard of'))
    call.end()
  }
}

/** The connection outlives the request that opens it, and so does what pg keeps with it: that callback. */
function connectDetached(prototype: Client, kit: Kit): void {
  kit.wrap(prototype, 'connect', (connect) => {
    return function (callback, ...others) {
      return kit.runDetached(connect, this, [typeof callback === 'function' ? once(callback) : callback, ...others])
    }
  })
}

/**
 * pg makes its queries out of reach. But both kinds begin with something that can be reached: the
 * JavaScript query with the class that it extends, the native one by listening to itself.
 */
function noticeNew(Query: QueryClass, kit: Kit): void {
  if ('handleReadyForQuery' in Query.prototype) {
    const Base: new () => EventEmitter = Object.getPrototypeOf(Query)
    class Noticed extends Base {
      // By a field: with a constructor in its place, V8 takes 0.3 to 0.8 µs more to make a query.
      [CALL] = takeExpected(this as unknown as Query)
    }
    Object.setPrototypeOf(Query, Noticed)
  } else {
    kit.wrap(Query.prototype, 'on', (on) => {
      return function (this: Query, ...args) {
        if (expecting !== undefined) this[CALL] = takeExpected(this)
        return on.apply(this, args)
      }
    })
  }
}

function takeExpected(query: Query): QueryCall | undefined {
  if (expecting === undefined) return undefined
  const call = expecting
  expecting = undefined
  made = query
  return call
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
function follow(query: Query, call: QueryCall, kit: Kit): void {
  const restoreError = shadow(query, 'handleError', (handleError, args) => {
    restoreReady()
    call.fail(args[0])
    return handleError(...args)
  })
  const restoreReady = shadow(query, 'handleReadyForQuery', (handleReadyForQuery, args) => {
    restoreError()
    call.end()
    return handleReadyForQuery(...args)
  })
  if (kit.sqlCommenter === undefined) return
  const { submitWithComment } = loadComment()
  const commenter = { propagator: kit.sqlCommenter, place: kit.place('comment') }
  shadow(query, 'submit', (submit, args) =>
    submitWithComment(query as QueryConfig, call, commenter, () => submit(...args)),
  )
}

/** Has the server learn of each query's trace. */
function commentQueries(Query: QueryClass, propagator: TextMapPropagator, kit: Kit): void {
  const { submitWithComment } = loadComment()
  const commenter = { propagator, place: kit.place('comment') }
  kit.wrap(Query.prototype, 'submit', (submit) => {
    return function (this: Query, ...args) {
      const call = this[CALL]
      if (call === undefined) return submit.apply(this, args)
      return submitWithComment(this as QueryConfig, call, commenter, () => submit.apply(this, args))
    }
  })
}

function loadComment(): typeof import('./comment.js') {
  return require('./comment.js') as typeof import('./comment.js')
}
