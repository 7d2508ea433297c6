import type { IncomingMessage } from 'node:http'
import { guard } from '../src/instrumentation/guard.js'
import type { Instrumentation } from '../src/instrumentation/instrumentation.js'
import type { Kit } from '../src/instrumentation/kit.js'
import { servedRequest } from '../src/instrumentation/served.js'

/**
 * Routes and errors of koa. koa has no routes itself: @koa/router and its kin leave what they have
 * matched on the context. The event `error` of an application is where all errors go: those that no
 * middleware catches, and those that one has made an answer of.
 */
export const koa: Instrumentation = {
  name: 'koa',
  about: 'routes of @koa/router and errors of koa, on the spans of http',
  modules: [
    {
      module: 'koa',
      versions: '>=2 <4',
      telltale: 'middleware must be a function!',
      patch: (exports, kit) => {
        const { prototype } = exports.default ?? exports
        const nameRoute = guard(kit.place('route'), setRoute)
        const recordError = guard(kit.place('error'), setError)
        if ('handleRequest' in prototype) hearHandled(prototype, nameRoute, kit)
        else hearCreated(prototype, nameRoute, kit)
        kit.wrap(prototype, 'emit', (_emit, base) => {
          return function (event, ...args) {
            if (event === 'error') recordError(args[0], args[1])
            return base.emit.call(this, event, ...args)
          }
        })
      },
    },
  ],
}

/** Egg makes its contexts itself, but has koa handle them. */
function hearHandled(prototype: object, nameRoute: (context: Context) => void, kit: Kit): void {
  kit.wrap(prototype, 'handleRequest', (handleRequest) => {
    return function (...args) {
      nameRoute(args[0])
      return handleRequest.apply(this, args)
    }
  })
}

/** Before koa 2.4 there is nothing else to hear of. */
function hearCreated(prototype: object, nameRoute: (context: Context) => void, kit: Kit): void {
  kit.wrap(prototype, 'createContext', (createContext) => {
    return function (...args) {
      const context = createContext.apply(this, args)
      nameRoute(context)
      return context
    }
  })
}

/** A request as koa's middleware gets it, with what routers leave on it. */
interface Context {
  readonly req: IncomingMessage
  readonly method: string
  readonly originalUrl: string
  /** What koa-mount has taken off the path last. It stays where the mounted application has passed the request on. */
  readonly mountPath?: string
  /** Layers whose paths match, with those of middleware and of other methods. */
  readonly matched?: readonly Layer[]
  /** The path of the layer that ran last. */
  readonly _matchedRoute?: string | RegExp
}

interface Layer {
  readonly path: string | RegExp
  /** None for middleware. */
  readonly methods: readonly string[]
  match(path: string): boolean
}

function setRoute(context: Context): void {
  servedRequest(context.req)?.setRoute(() => routeOf(context))
}

/** The route that ran last, for one may pass a request on to the next; or the first, where middleware answered before. */
function routeOf({ method, matched = [], _matchedRoute: last, mountPath, originalUrl }: Context): string | undefined {
  const routes = matched.filter(({ methods }) => methods.includes(method))
  const route = routes.find(({ path }) => path === last) ?? routes[0]
  if (route === undefined) return undefined
  const isMounted = mountPath !== undefined && leadsTo(route, mountPath, originalUrl)
  return isMounted ? mountPath + (route.path === '/' ? '' : String(route.path)) : String(route.path)
}

/** Of mounts in mounts only the innermost is known, with which the URL does not begin: their routes stay as they are. */
function leadsTo(route: Layer, mountPath: string, url: string): boolean {
  const [path = ''] = url.split('?', 1)
  return path.startsWith(mountPath) && route.match(path.slice(mountPath.length) || '/')
}

function setError(error: unknown, context: Context | undefined): void {
  if (context?.req !== undefined) servedRequest(context.req)?.setError(error)
}
