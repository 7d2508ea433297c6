import type { ServerResponse } from 'node:http'
import type { Span } from '@opentelemetry/api'
import type { Kit } from '../../src/instrumentation/kit.js'
import { servedRequest } from '../../src/instrumentation/served.js'
import type { AnyFunction } from '../../src/instrumentation/wrap.js'

/** A layer of a router: middleware, or what leads to a route; or one of a route: a handler of its own. */
interface Layer {
  readonly name?: string
  readonly handle: AnyFunction
  readonly route?: object
}

/**
 * An INTERNAL span for each middleware and handler that a request passes, from its call to its `next()`, or to the
 * response's end where it answers. Only on request: most of these spans tell nothing.
 */
export function traceLayers(prototype: object, method: string, kit: Kit): void {
  const place = kit.place('layers')
  kit.wrap(prototype, method, (run) => {
    return function (this: Layer, request: object, response: ServerResponse, next: AnyFunction) {
      const parent = kit.active()
      let span: Span | undefined
      // What leads to a route or a router has no work of its own.
      const isPassage = this.route !== undefined || 'stack' in this.handle || this.handle.length > 3
      if (place.on && !isPassage && servedRequest(request) !== undefined) {
        try {
          span = kit.startInternal(`middleware ${nameOf(this)}`, parent, describeLayer, this)
        } catch (error) {
          place.failed(error)
        }
      }
      if (span === undefined) return run.call(this, request, response, next)
      const end = (): void => span.end()
      response.once('close', end)
      const leave = function (this: unknown, ...args: unknown[]): unknown {
        end()
        response.removeListener('close', end)
        return kit.runWith(parent, next, this, args)
      }
      return kit.runWith(kit.withSpan(parent, span), run, this, [request, response, leave])
    }
  })
}

function describeLayer(layer: Layer): string[] {
  return ['code.function.name', nameOf(layer)]
}

function nameOf({ name, handle }: Layer): string {
  return name || handle.name || '<anonymous>'
}
