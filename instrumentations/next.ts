import type { IncomingMessage } from 'node:http'
import { guard } from '../src/instrumentation/guard.js'
import type { Instrumentation } from '../src/instrumentation/instrumentation.js'
import type { Kit } from '../src/instrumentation/kit.js'
import { servedRequest } from '../src/instrumentation/served.js'

/**
 * Routes of Next.js, whose spans, which it makes by the API, are below that of the request and have the route only where
 * no other is above them, until version 16.
 */
export const next: Instrumentation = {
  name: 'next',
  about: 'routes of Next.js, on the spans of http',
  modules: [{ module: 'next/dist/server/next-server.js', versions: '>=13.5 <17', patch: nameRequests }],
}

/** A request of node:http as Next.js has it; one of an edge runtime has no original. */
interface NextRequest {
  readonly originalRequest?: IncomingMessage
}

/** What is to be rendered. `pathname` is a template, `/shop/[id]`. */
interface Rendering {
  readonly req: NextRequest
  readonly pathname: string
}

/** The handler that a path has led to. */
interface Match {
  readonly definition: { readonly pathname: string }
}

function nameRequests({ default: server }: { readonly default: { readonly prototype: object } }, kit: Kit): void {
  const ofPage = guard(kit.place('page'), ({ req, pathname }: Rendering) => setRoute(req, pathname))
  const ofHandler = guard(kit.place('handler'), (req: NextRequest, match: Match) =>
    setRoute(req, match.definition.pathname),
  )
  // Pages of both routers, and the route handlers of the app. Pages for errors are rendered in another way.
  kit.wrap(server.prototype, 'renderPageComponent', (_renderPageComponent, base) => {
    return function (...args) {
      ofPage(args[0])
      return base.renderPageComponent.apply(this, args)
    }
  })
  // Handlers in `pages/api`.
  kit.wrap(server.prototype, 'runApi', (runApi) => {
    return function (...args) {
      ofHandler(args[0], args[3])
      return runApi.apply(this, args)
    }
  })
}

function setRoute({ originalRequest }: NextRequest, route: string): void {
  if (originalRequest !== undefined) servedRequest(originalRequest)?.setRoute(route)
}
