import type { IncomingMessage } from 'node:http'
import { guard } from '../src/instrumentation/guard.js'
import type { Instrumentation } from '../src/instrumentation/instrumentation.js'
import { servedRequest } from '../src/instrumentation/served.js'

export const koa: Instrumentation = {
  name: 'koa',
  about: 'routes of @koa/router and errors of koa, on the spans of http',
  modules: [
    {
      module: 'koa',
      versions: '>=2 <4',
      patch: (exports, kit) => {
        console.error('PATCH', Object.prototype.toString.call(exports), Object.keys(exports))
        const { prototype } = exports.default ?? exports
        const nameRoute = guard(kit.place('route'), setRoute)
        const recordError = guard(kit.place('error'), setError)
        kit.wrap(prototype, 'createContext', (createContext) => {
          return function (...args) {
            const context = createContext.apply(this, args)
            nameRoute(context)
            return context
          }
        })
        kit.wrap(prototype, 'emit', (emit) => {
          return function (event, ...args) {
            if (event === 'error') recordError(args[0], args[1])
            return emit.call(this, event, ...args)
          }
        })
      },
    },
  ],
}

/** A request as koa's middleware gets it, with what routers leave on it. */
interface KoaContext {
  readonly req: IncomingMessage
  readonly method: string
  /** The path of the layer that ran last: a route, or a middleware of the router. */
  readonly _matchedRoute?: string | RegExp
  /** Layers whose paths match, those of middleware and of other methods among them. */
  readonly matched?: readonly Layer[]
}

interface Layer {
  readonly path: string | RegExp
  readonly methods: readonly string[]
}

function setRoute(context: KoaContext): void {
  servedRequest(context.req)?.setRoute(() => routeOf(context))
}

function routeOf({ method, matched = [], _matchedRoute: last }: KoaContext): string | undefined {
  const routes = matched.filter(({ methods }) => methods.includes(method))
  const route = routes.find(({ path }) => path === last) ?? routes[0]
  return route === undefined ? undefined : String(route.path)
}

function setError(error: unknown, context: KoaContext | undefined): void {
  if (context !== undefined) servedRequest(context.req)?.setError(error)
}
