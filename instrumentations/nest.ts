import type { IncomingMessage } from 'node:http'
import { guard } from '../src/instrumentation/guard.js'
import type { Instrumentation } from '../src/instrumentation/instrumentation.js'
import { servedRequest } from '../src/instrumentation/served.js'

/**
 * Errors of Nest's handlers, guards, pipes, interceptors and middleware: Nest makes answers of them itself, so that
 * neither express nor fastify hears of one. All of a request's go by the same handler of exceptions, before any filter.
 */
export const nest: Instrumentation = {
  name: 'nestjs-core',
  about: 'errors of Nest, on the spans of http',
  modules: [
    {
      module: '@nestjs/core/exceptions/exceptions-handler.js',
      versions: '>=7 <13',
      // Its adapter for express listens, the one for fastify makes an instance.
      asEsModule: {
        channels: ['tracing:net.server.listen:asyncStart', 'fastify.initialization'],
        caller: '/@nestjs/',
      },
      patch: ({ ExceptionsHandler }, kit) => {
        const recordError = guard(kit.place('error'), setError)
        kit.wrap(ExceptionsHandler.prototype, 'next', (next) => {
          return function (...args) {
            recordError(args[0], args[1])
            return next.apply(this, args)
          }
        })
      },
    },
  ],
}

/** What a handler was called with; of express's the request is node:http's own, of fastify's it is around it. */
interface ArgumentsHost {
  getType(): string
  getArgByIndex(index: 0): IncomingMessage | { readonly raw: IncomingMessage }
}

function setError(error: unknown, host: ArgumentsHost): void {
  if (host.getType() !== 'http') return
  const request = host.getArgByIndex(0)
  servedRequest('raw' in request ? request.raw : request)?.setError(error)
}
