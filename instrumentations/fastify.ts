import { createRequire } from 'node:module'
import type { Instrumentation, Listeners } from '../src/instrumentation/instrumentation.js'
import type { Fastify } from './fastify-hooks.js'

const require = createRequire(import.meta.url)

/**
 * Routes and errors, by hooks of fastify's own: each instance tells of itself before its program has
 * it, so ours come first and hear of requests that another hook answers. They cost 40 ns a request
 * themselves, and 0.6 µs with what fastify does for them and the route on the span.
 * The channel `tracing:fastify.request.handler` costs as much, is new in fastify 5, and hears neither
 * of those requests nor of what fails outside of the handler.
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
      begins: [],
      version: ({ fastify }) => fastify.version,
      listeners: (kit): Listeners<{ fastify: Fastify }> => ({
        'fastify.initialization': ({ fastify }) => {
          const { addHooks } = require('./fastify-hooks.js') as typeof import('./fastify-hooks.js')
          addHooks(fastify, kit)
        },
      }),
    },
  ],
}
