import type { IncomingMessage, ServerResponse } from 'node:http'
import { type ServedRequest, servedRequest } from '../../src/instrumentation/served.js'
import type { AnyFunction } from '../../src/instrumentation/wrap.js'
import { chooser, join, type Layer, type Path, pathOf, type Route } from './paths.js'

export interface Router {
  readonly stack: Layer[]
  readonly caseSensitive?: boolean
  readonly strict?: boolean
  use(handler: AnyFunction): unknown
}

export type Request = IncomingMessage & {
  readonly route?: Route
  /** What the routers around have matched of the URL; new in express 4.5. */
  readonly baseUrl?: string
}

/** What a layer of middleware tells when a request comes to it. */
export interface Mark {
  /** Of the path that was given to `use`; of several paths, the one that leads to a URL. */
  readonly template: string | ((url: string) => string)
  /** Whether the request may come from a route of the same router. */
  readonly isAfterRoute: boolean
}

/** The routers that need the URL where a request comes in. */
export const severalPaths = new WeakSet<Router>()

/** Of the routes that have several paths. */
const choosers = new WeakMap<Route, (url: string) => string>()

/** The way of a request that is followed. */
export function walkOf(request: Request): Walk | undefined {
  const notes = servedRequest(request)?.notes
  return notes instanceof Walk ? notes : undefined
}

/** Follows a request from the first router on that it comes to; undefined where it is not traced, or over. */
export function startWalk(request: Request, response: ServerResponse): Walk | undefined {
  const served = servedRequest(request)
  if (served === undefined || served.isOver) return undefined
  const walk = new Walk(served, request, response)
  served.notes = walk
  served.setRoute(() => walk.route())
  return walk
}

/** Where a request is: in a route that has matched, or in middleware, with the template of what has led to it. */
interface Spot {
  readonly template: string
  readonly isRoute: boolean
}

/**
 * The way of one request through routers, to the spot where it is answered. It asks the request for
 * as little as it can: see `ServedRequest.notes`.
 */
class Walk {
  /** The router that the request is in; undefined when it has left the outermost one. */
  visit: Visit | undefined = undefined
  readonly #served: ServedRequest
  readonly #request: Request
  readonly #response: ServerResponse
  #hasLeft = false
  /** Where the request has failed, and what its `route` was then: with another one later it has recovered. */
  #failure: { readonly route: Route | undefined; readonly spot: Spot } | undefined = undefined

  constructor(served: ServedRequest, request: Request, response: ServerResponse) {
    this.#served = served
    this.#request = request
    this.#response = response
  }

  enter(router: Router): Visit {
    const outer = this.visit
    const routeBefore = this.#hasLeft ? this.#request.route : undefined
    this.visit =
      outer === undefined ? new Visit(router, '', routeBefore, undefined, '') : outer.enter(router, this.#request)
    this.#failure = undefined
    return this.visit
  }

  /** Back to `outer`, for nothing in the router has answered, or for an error. */
  leave(visit: Visit, outer: Visit | undefined, error: unknown): void {
    if (error) this.fail(error)
    else this.#failure = undefined
    if (this.#hasAnswered()) return
    this.visit = outer
    if (outer === undefined) this.#hasLeft = true
    else outer.resume(visit, this.#request)
  }

  /** Comes to a layer of middleware that is marked. */
  pass(layer: Layer, mark: Mark): void {
    if (this.#hasAnswered()) return
    this.#failure = undefined
    this.visit?.pass(layer, mark, this.#request)
  }

  /** The innermost spot that an error comes from is where the request has failed. */
  fail(error: unknown): void {
    this.#served.setError(error)
    const { route } = this.#request
    if (this.visit === undefined || (this.#failure !== undefined && this.#failure.route === route)) return
    this.#failure = { route, spot: this.visit.spot(route, this.#request) }
  }

  route(): string | undefined {
    const { route } = this.#request
    const hasFailed = this.#failure !== undefined && this.#failure.route === route
    const spot = hasFailed ? this.#failure?.spot : this.visit?.spot(route, this.#request)
    if (spot === undefined) return undefined
    if (spot.isRoute) return spot.template || '/'
    return this.#served.status === 404 ? undefined : spot.template
  }

  /** A handler may answer and call `next()` all the same: what comes then is not where it was answered. */
  #hasAnswered(): boolean {
    return this.#served.status !== 0 && this.#response.writableEnded
  }
}

/** A request's stay in one router. */
class Visit {
  readonly #router: Router
  /** The template of what leads to the router. */
  readonly #prefix: string
  readonly #routeBefore: Route | undefined
  /** The route of another router in whose handler this one runs. */
  readonly #around: string | undefined
  /** What other routers have matched of the URL; undefined where it has not been asked for. */
  readonly #baseUrl: string | undefined
  /** A route that the request has left: express keeps it in `req.route`. */
  #left: Route | undefined
  /** The route that the request is in, when `req.route` is one of a router that ran in its handler. */
  #resumed: string | undefined = undefined
  /** The middleware that the request has come to, and its template. */
  #handler: AnyFunction | undefined = undefined
  #mount = ''

  constructor(
    router: Router,
    prefix: string,
    routeBefore: Route | undefined,
    around: string | undefined,
    baseUrl: string | undefined,
  ) {
    this.#router = router
    this.#prefix = prefix
    this.#routeBefore = routeBefore
    this.#around = around
    this.#baseUrl = baseUrl
    this.#left = routeBefore
  }

  /** From this router to one that it runs: as the middleware that the request has just come to, or in whatever way. */
  enter(router: Router, request: Request): Visit {
    const baseUrl = severalPaths.has(router) ? request.baseUrl : undefined
    if ((router as unknown) === this.#handler) return new Visit(router, this.#mounted(), this.#left, undefined, baseUrl)
    const { route } = request
    const around = this.#matched(route, request)
    const prefix = around === undefined ? this.#mounted() : this.#prefix
    return new Visit(router, prefix, route, around, baseUrl)
  }

  /** Goes on after `inner`, which the request has left. */
  resume(inner: Visit, request: Request): void {
    this.#handler = undefined
    const { route } = request
    if (route === inner.#routeBefore) return
    this.#left = route
    this.#resumed = inner.#around
  }

  pass(layer: Layer, { template, isAfterRoute }: Mark, request: Request): void {
    if (isAfterRoute) this.#left = request.route
    this.#resumed = undefined
    this.#handler = layer.handle
    this.#mount = typeof template === 'string' ? template : template(this.#urlOf(request.baseUrl ?? ''))
  }

  spot(route: Route | undefined, request: Request): Spot {
    const matched = this.#matched(route, request)
    return { template: matched ?? this.#mounted(), isRoute: matched !== undefined }
  }

  #matched(route: Route | undefined, request: Request): string | undefined {
    if (route === undefined || route === this.#left) return this.#resumed ?? this.#around
    return join(this.#prefix, this.#templateOf(route, request))
  }

  #mounted(): string {
    return join(this.#prefix, this.#mount)
  }

  #templateOf(route: Route, request: Request): string {
    const { path } = route
    if (typeof path === 'string') return path
    return Array.isArray(path) ? this.#choose(route, path, request) : String(path)
  }

  #choose(route: Route, path: readonly Path[], request: Request): string {
    let choose = choosers.get(route)
    if (choose === undefined) {
      const { stack, caseSensitive, strict } = this.#router
      const layer = stack.find((layer) => layer.route === route)
      if (layer === undefined) return ''
      choose = chooser(path, layer, { sensitive: caseSensitive, strict, end: true })
      choosers.set(route, choose)
    }
    const url = pathOf(request.url ?? '')
    return choose(this.#baseUrl === undefined ? url : this.#urlOf((request.baseUrl ?? '') + url))
  }

  /** The part of a path that is this router's. */
  #urlOf(path: string): string {
    return path.slice(this.#baseUrl?.length) || '/'
  }
}
