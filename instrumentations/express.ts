import type { IncomingMessage, ServerResponse } from 'node:http'
import { guard } from '../src/instrumentation/guard.js'
import type { Instrumentation } from '../src/instrumentation/instrumentation.js'
import type { Kit } from '../src/instrumentation/kit.js'
import { type ServedRequest, servedRequest } from '../src/instrumentation/served.js'
import { authorityEnd } from '../src/instrumentation/url.js'
import type { AnyFunction } from '../src/instrumentation/wrap.js'
import { traceLayers } from './express-layers.js'

/**
 * Routes and errors of express 4, of express 5 and of its router, on the spans of http.
 *
 * The route is read from `req.route` when the response has ended. What that does not tell is noted on
 * the way: which routers the request is in, by their `handle`, and which middleware it has come to, by
 * marks that `use` leaves. Routes, their handlers, and the middleware that stands before all routes and
 * paths are not touched.
 *
 * A request that middleware answers has for its route what `use` was given, `/api/:tenant`; but none if
 * the answer is 404, for then nothing was found, as when no one answers.
 */
export const express: Instrumentation = {
  name: 'express',
  about: 'routes and errors of express, on the spans of http',
  modules: [
    {
      module: 'express',
      versions: '>=4 <6',
      telltale: 'app.use() requires a middleware function',
      patch: ({ Router }, kit) => patchRouter(Router, kit),
    },
    { module: 'router', versions: '>=1.3 <3', patch: patchRouter },
  ],
}

type Path = string | RegExp | readonly Path[]

interface Route {
  readonly path: Path
}

/** An entry of a router's stack: a route, or what was given to `use`. */
interface Layer {
  readonly handle: AnyFunction
  readonly route?: Route
  match(url: string): unknown
}

interface Router {
  readonly stack: Layer[]
  readonly caseSensitive?: boolean
  readonly strict?: boolean
  use(handler: AnyFunction): unknown
}

type RouterClass = (new () => Router) & { readonly prototype: object }

type Request = IncomingMessage & {
  readonly route?: Route
  /** What the routers around have matched of the URL; new in express 4.5. */
  readonly baseUrl?: string
}

const patched = new WeakSet<object>()

function patchRouter(Router: RouterClass, kit: Kit): void {
  // The routers of express 4 inherit from the function that makes them, those of express 5 from its prototype.
  const prototype = 'handle' in Router.prototype ? Router.prototype : Router
  if (patched.has(prototype)) return
  const layers = layerMethods(Router)
  if (kit.layerSpans) traceLayers(layers.prototype, layers.run, kit)
  const place = kit.place('routing')
  const onTheWay = kit.place('routing', { always: true })
  const notePass = guard(onTheWay, (request: Request, layer: Layer, mark: Mark) => walkOf(request)?.pass(layer, mark))
  const noteError = guard(onTheWay, (request: Request, error: unknown) => walkOf(request)?.fail(error))
  const markNew = guard(kit.place('use', { always: true }), (router: Router, first: number, args: unknown[]) => {
    for (const layer of router.stack.slice(first)) {
      if (layer.handle.length > 3) {
        if (layers.runError === undefined) wrapError(layer, layers.run)
        continue
      }
      const mark = markOf(layer, router, first, pathArgument(args))
      if (mark === undefined) continue
      marked.add(layer)
      wrapMiddleware(layer, layers.run, mark)
    }
  })

  kit.wrap(prototype, 'use', (use) => {
    return function (this: Router, ...args: unknown[]) {
      const first = this.stack?.length
      const result = use.apply(this, args)
      markNew(this, first, args)
      return result
    }
  })
  if (layers.runError !== undefined) wrapError(layers.prototype, layers.runError)
  // The last, for without it the others do nothing: where express is not as known, all is patched or none.
  kit.wrap(prototype, 'handle', (handle) => {
    return function (this: Router, request: Request, response: ServerResponse, out: unknown) {
      let leave: unknown
      if (typeof out === 'function') {
        try {
          leave = enter(this, request, response, out as AnyFunction)
        } catch (error) {
          place.failed(error)
        }
      }
      return handle.call(this, request, response, leave ?? out)
    }
  })
  patched.add(prototype)

  function wrapMiddleware(layer: Layer, method: string, mark: Mark): void {
    kit.wrap(layer, method, (run) => {
      return function (this: Layer, request: Request, response: unknown, next: unknown) {
        notePass(request, this, mark)
        return run.call(this, request, response, next)
      }
    })
  }

  function wrapError(layer: object, method: string): void {
    kit.wrap(layer, method, (run) => {
      return function (this: Layer, error: unknown, request: Request, response: unknown, next: unknown) {
        noteError(request, error)
        return run.call(this, error, request, response, next)
      }
    })
  }

  /** What the router is to call instead of `out`; undefined where the request is not traced. */
  function enter(router: Router, request: Request, response: ServerResponse, out: AnyFunction): unknown {
    const walk = walkOf(request) ?? (place.on ? startWalk(request, response) : undefined)
    if (walk === undefined) return undefined
    const outer = walk.visit
    const visit = walk.enter(router)
    return function (this: unknown, error: unknown) {
      try {
        walk.leave(visit, outer, error)
      } catch (fault) {
        place.failed(fault)
      }
      return out.call(this, error)
    }
  }
}

interface LayerMethods {
  readonly prototype: object
  readonly run: string
  /** Undefined before express 4.6, where layers are their handlers and no more. */
  readonly runError: string | undefined
}

/** Layers are not exported, so one of a router made for the purpose is asked. */
function layerMethods(Router: RouterClass): LayerMethods {
  const probe = new Router()
  probe.use(() => {})
  const layer = probe.stack[0] as unknown as Record<string, unknown>
  const prototype: object = Object.getPrototypeOf(layer)
  for (const [run, runError] of [
    ['handleRequest', 'handleError'],
    ['handle_request', 'handle_error'],
    ['handle', undefined],
  ] as const) {
    if (typeof layer[run] !== 'function' || typeof layer.match !== 'function') continue
    if (runError === undefined || typeof layer[runError] === 'function') return { prototype, run, runError }
  }
  throw new TypeError('the layers of its routers are of an unknown kind')
}

/** What a layer of middleware tells when a request comes to it. */
interface Mark {
  /** Of the path that was given to `use`; of several paths, the one that leads to a URL. */
  readonly template: string | ((url: string) => string)
  /** Whether the request may come from a route of the same router. */
  readonly isAfterRoute: boolean
}

/** The layers that bear a mark. */
const marked = new WeakSet<Layer>()

/** Undefined for middleware that tells nothing new: no path, and no route or path before it. */
function markOf(layer: Layer, router: Router, first: number, path: Path): Mark | undefined {
  const before = router.stack.slice(0, first)
  const isAfterRoute = before.some(({ route }) => route !== undefined)
  if (Array.isArray(path)) {
    severalPaths.add(router)
    const options = { sensitive: router.caseSensitive, strict: false, end: false }
    return { template: chooser(path, layer, options), isAfterRoute }
  }
  const template = textOf(path)
  const isNews = template !== '' || isAfterRoute || 'stack' in layer.handle || before.some((other) => marked.has(other))
  return isNews ? { template, isAfterRoute } : undefined
}

/** The routers that need the URL where a request comes in. */
const severalPaths = new WeakSet<Router>()

/** The path among the arguments of `use`, as that finds it. */
function pathArgument([first]: unknown[]): Path {
  let handler = first
  while (Array.isArray(handler) && handler.length > 0) handler = handler[0]
  return typeof handler === 'function' ? '/' : (first as Path)
}

interface MatchOptions {
  readonly sensitive: boolean | undefined
  readonly strict: boolean | undefined
  readonly end: boolean
}

/** Tells which of several paths matches a URL, in the way of `layer`'s kind. */
function chooser(path: readonly Path[], layer: Layer, options: MatchOptions): (url: string) => string {
  const paths = (path as readonly unknown[]).flat(Number.POSITIVE_INFINITY) as (string | RegExp)[]
  const Layer = layer.constructor as new (path: Path, options: MatchOptions, handle: () => void) => Layer
  const layers = paths.map((path) => new Layer(stateless(path), options, () => {}))
  return (url) => {
    const index = layers.findIndex((layer) => layer.match(url))
    return index === -1 ? paths.map(textOf).join('|') : textOf(paths[index] as Path)
  }
}

/** A copy of a regular expression whose use does not move the program's. */
function stateless(path: string | RegExp): string | RegExp {
  return path instanceof RegExp ? new RegExp(path, path.flags.replace(/[gy]/g, '')) : path
}

/** The text of one path: a regular expression as it is written, a string without the slash at its end. */
function textOf(path: Path): string {
  return typeof path === 'string' && path.endsWith('/') ? path.slice(0, -1) : String(path)
}

function walkOf(request: Request): Walk | undefined {
  const notes = servedRequest(request)?.notes
  return notes instanceof Walk ? notes : undefined
}

function startWalk(request: Request, response: ServerResponse): Walk | undefined {
  const served = servedRequest(request)
  if (served === undefined) return undefined
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
    const path_ = pathOf(request.url ?? '')
    return choose(this.#baseUrl === undefined ? path_ : this.#urlOf((request.baseUrl ?? '') + path_))
  }

  /** The part of a path that is this router's. */
  #urlOf(path: string): string {
    return path.slice(this.#baseUrl?.length) || '/'
  }
}

/** Of the routes that have several paths. */
const choosers = new WeakMap<Route, (url: string) => string>()

function join(prefix: string, template: string): string {
  if (template === '/' || template === '') return prefix
  return prefix === '' || template.startsWith('/') ? prefix + template : `${prefix}/${template}`
}

/** Without scheme, authority and query. */
function pathOf(url: string): string {
  const scheme = url.startsWith('/') ? -1 : url.indexOf('://')
  const start = scheme === -1 ? 0 : authorityEnd(url, scheme + 3)
  const end = url.slice(start).search(/[?#]/)
  return end === -1 ? url.slice(start) : url.slice(start, start + end)
}
