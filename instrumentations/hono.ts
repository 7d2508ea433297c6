import type { Context } from '@opentelemetry/api'
import { guard } from '../src/instrumentation/guard.js'
import type { Instrumentation } from '../src/instrumentation/instrumentation.js'
import type { Kit } from '../src/instrumentation/kit.js'
import { tellRoute } from '../src/instrumentation/served.js'
import type { AnyFunction } from '../src/instrumentation/wrap.js'

const VERSIONS = '>=4 <5'

/**
 * Routes of Hono, by its default router. What Hono is served by on Node.js are its own makers' adapter and others, and it
 * runs where requests of node:http are not in sight, so that the route is told to the span of the context.
 */
export const hono: Instrumentation = {
  name: 'hono',
  about: 'routes of Hono, on the spans of http',
  modules: [
    { module: 'hono/dist/cjs/router/smart-router/router.js', versions: VERSIONS, patch: hearMatches },
    {
      module: 'hono/dist/router/smart-router/router.js',
      versions: VERSIONS,
      asEsModule: { channels: ['tracing:net.server.listen:asyncStart'], caller: '/@hono/' },
      patch: hearMatches,
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

function hearMatches({ SmartRouter }: { readonly SmartRouter: { readonly prototype: object } }, kit: Kit): void {
  const place = kit.place('route')
  const nameRoute = guard(place, tellRoute)
  const heard = (match: AnyFunction): AnyFunction => {
    return function (...args) {
      return named(match.apply(this, args))
    }
  }
  kit.wrap(SmartRouter.prototype, 'match', (match) => {
    return function (...args) {
      const matched = match.apply(this, args)
      // The first call has put that of the router it has chosen in its own place.
      if (Object.hasOwn(this, 'match')) kit.wrap(this, 'match', heard)
      return named(matched)
    }
  })

  function named(matched: Matched): Matched {
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
