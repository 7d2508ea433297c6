import type { IncomingMessage } from 'node:http'
import { guard } from '../src/instrumentation/guard.js'
import type { Instrumentation, Listeners } from '../src/instrumentation/instrumentation.js'
import { servedRequest } from '../src/instrumentation/served.js'

/**
 * Routes and errors, by hooks of fastify's own: each instance tells of itself before its program has
 * it, so ours come first and hear of requests that another hook answers. The channel of the handlers,
 * `tracing:fastify.request.handler`, hears of less, is new in fastify 5, and costs more (38 ns a
 * request, the hook 20).
 *
 * `inject()` makes no request of node:http: there is no span, and what is called is the caller's.
 */
export const fastify: Instrumentation = {
  name: 'fastify',
  about: 'routes and errors of fastify, on the spans of http',
  channels: [
    {
      module: 'fastify',
      versions: '>=4 <6',
      version: ({ fastify }) => fastify.version,
      listeners: (kit): Listeners<{ fastify: Fastify }> => {
        const nameRoute = guard(kit.place('route'), setRoute)
        const recordError = guard(kit.place('error'), setError)
        return {
          'fastify.initialization': ({ fastify }) => {
            fastify.addHook('onRequest', (request, _reply, done) => {
              nameRoute(request)
              done()
            })
            fastify.addHook('onError', (request, _reply, error, done) => {
              recordError(request, error)
              done()
            })
          },
        }
      },
    },
  ],
}

interface Fastify {
  readonly version: string
  addHook(name: 'onRequest', hook: (request: Request, reply: unknown, done: () => void) => void): void
  addHook(name: 'onError', hook: (request: Request, reply: unknown, error: unknown, done: () => void) => void): void
}

interface Request {
  readonly raw: IncomingMessage
  readonly routeOptions?: { readonly url?: string }
  /** Before fastify 4.10, which has no `routeOptions`; deprecated since. */
  readonly routerPath?: string
}

/** At once, for `reply.callNotFound()` forgets the route; without one the handler of what is not found is asked. */
function setRoute(request: Request): void {
  const served = servedRequest(request.raw)
  if (!served?.span.isRecording()) return
  const route = request.routeOptions === undefined ? request.routerPath : request.routeOptions.url
  if (route !== undefined) served.setRoute(route)
}

function setError(request: Request, error: unknown): void {
  servedRequest(request.raw)?.setError(error)
}
