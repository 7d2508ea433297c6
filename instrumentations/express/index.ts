import type { ServerResponse } from 'node:http'
import { guard } from '../../src/instrumentation/guard.js'
import type { Instrumentation } from '../../src/instrumentation/instrumentation.js'
import type { Kit } from '../../src/instrumentation/kit.js'
import type { AnyFunction } from '../../src/instrumentation/wrap.js'
import { traceLayers } from './layers.js'
import { chooser, type Layer, type Path, textOf } from './paths.js'
import { type Mark, type Request, type Router, severalPaths, startWalk, walkOf } from './walk.js'

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

type RouterClass = (new () => Router) & { readonly prototype: object }

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

/** The path among the arguments of `use`, as that finds it. */
function pathArgument([first]: unknown[]): Path {
  let handler = first
  while (Array.isArray(handler) && handler.length > 0) handler = handler[0]
  return typeof handler === 'function' ? '/' : (first as Path)
}
