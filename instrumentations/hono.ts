import type { IncomingMessage } from 'node:http'
import type { Context } from '@opentelemetry/api'
import { guard } from '../src/instrumentation/guard.js'
import type { Instrumentation } from '../src/instrumentation/instrumentation.js'
import type { Kit } from '../src/instrumentation/kit.js'
import { servedRequest, tellRoute } from '../src/instrumentation/served.js'
import type { AnyFunction } from '../src/instrumentation/wrap.js'

const VERSIONS = '>=4 <5'

/**
 * Routes of Hono and errors of its handlers, by its default router: Hono makes answers of errors itself. It runs where
 * requests of node:http are not in sight, so that the route is told to the span of the context; an error knows its
 * request where the adapter of Hono's own makers serves.
 */
export const hono: Instrumentation = {
  name: 'hono',
  about: 'routes and errors of Hono, on the spans of http',
  modules: [
    { module: 'hono/dist/cjs/router/smart-router/router.js', versions: VERSIONS, patch: hear },
    {
      module: 'hono/dist/router/smart-router/router.js',
      versions: VERSIONS,
      asEsModule: { channels: ['tracing:net.server.listen:asyncStart'], caller: '/@hono/' },
      patch: hear,
    },
  ],
}

/** A route, or middleware, which has the method `ALL`, as routes by `all()` have. */
interface Route {
  readonly method: string
  readonly path: string
}

/** A handler that matches, with its route, and what else the router knows of it. */
type Match = readonly [of: readonly [handler: AnyFunction, route: Route], ...unknown[]]

/** What a router finds for a request. One that matches runs when those before it have passed the request on. */
type Matched = readonly [matches: readonly Match[], ...unknown[]]

/** What a handler is called with first. */
interface HonoContext {
  readonly env?: { readonly incoming?: IncomingMessage }
  /** Of a handler within, that Hono has made an answer of. */
  readonly error?: unknown
}

function hear({ SmartRouter }: { readonly SmartRouter: { readonly prototype: object } }, kit: Kit): void {
  const hearHandlers = errorHearer(kit)
  const nameRequest = requestNamer(kit)
  const tell = (matched: Matched): Matched => {
    hearHandlers(matched)
    return nameRequest(matched)
  }
  const heard = (match: AnyFunction): AnyFunction => {
    return function (...args) {
      return tell(match.apply(this, args))
    }
  }
  kit.wrap(SmartRouter.prototype, 'match', (match) => {
    return function (...args) {
      const matched = match.apply(this, args)
      // The first call has put that of the router it has chosen in its own place.
      if (Object.hasOwn(this, 'match')) kit.wrap(this, 'match', heard)
      return tell(matched)
    }
  })
}

/** Has the errors of handlers told, from the first request on that they match: most are there before the patch is. */
function errorHearer(kit: Kit): (matched: Matched) => void {
  const place = kit.place('error')
  const recordError = guard(place, setError)
  /** An application within another that has an `onError` of its own answers, and leaves the error on the context. */
  const recordLeft = guard(place, (context: HonoContext) => setError(context.error, context))
  const hearAnswer = guard(place, (answer: Promise<unknown>, context: HonoContext) => {
    void answer.then(
      () => recordLeft(context),
      (error) => recordError(error, context),
    )
  })
  const known = new WeakSet<object>()
  return guard(place, ([matches]) => {
    for (const [of] of matches) {
      // A router is anybody's, and takes whatever they have in the place of a handler and its route.
      if (typeof of[0] !== 'function' || known.has(of)) continue
      known.add(of)
      kit.wrap(of, '0', heard)
    }
  })

  function heard(handler: AnyFunction): AnyFunction {
    return function (...args) {
      let answer: unknown
      try {
        answer = handler.apply(this, args)
      } catch (error) {
        recordError(error, args[0])
        throw error
      }
      if (answer instanceof Promise) hearAnswer(answer, args[0])
      return answer
    }
  }
}

function setError(error: unknown, { env }: HonoContext): void {
  if (error === undefined || env?.incoming === undefined) return
  servedRequest(env.incoming)?.setError(error)
}

function requestNamer(kit: Kit): (matched: Matched) => Matched {
  const place = kit.place('route')
  const nameRoute = guard(place, tellRoute)
  return (matched) => {
    if (!place.on) return matched
    try {
      return nameRequest(matched, kit.active())
    } catch (error) {
      place.failed(error)
      return matched
    }
  }

  /** By the first route, and by each other once it runs. */
  function nameRequest(matched: Matched, context: Context): Matched {
    const [matches, ...rest] = matched
    const first = matches.find(isRoute)
    if (first === undefined) return matched
    tellRoute(context, pathOf(first))
    if (matches.every((match) => !isRoute(match) || pathOf(match) === pathOf(first))) return matched
    return [matches.map((match) => (isRoute(match) ? naming(match, context) : match)), ...rest]
  }

  function naming([[handler, route], ...rest]: Match, context: Context): Match {
    const namer: AnyFunction = function (...args) {
      nameRoute(context, route.path)
      return handler.apply(this, args)
    }
    return [[namer, route], ...rest]
  }
}

function isRoute([[, { method, path }]]: Match): boolean {
  return method !== 'ALL' || !path.endsWith('*')
}

function pathOf([[, { path }]]: Match): string {
  return path
}
