import { createRequire } from 'node:module'
import type { Instrumentation } from '../../src/instrumentation/instrumentation.js'
import { watch } from './watch.js'

const require = createRequire(import.meta.url)

/** The calls of whatever library sends or serves them by node:http2; of @grpc/grpc-js those too that do not get so far. */
export const grpc: Instrumentation = {
  name: 'grpc',
  about: 'calls of gRPC, served and sent by node:http2',
  modules: [
    { module: 'http2', patch: (http2, kit) => watch(http2, 'grpc', kit) },
    {
      module: '@grpc/grpc-js/build/src/resolving-call.js',
      versions: '>=1.8 <2',
      patch: ({ ResolvingCall }, kit) => {
        const { keepCalls } = require('./grpc-js.js') as typeof import('./grpc-js.js')
        keepCalls(ResolvingCall.prototype, kit)
      },
    },
    {
      module: '@grpc/grpc-js/build/src/load-balancing-call.js',
      versions: '>=1.8 <2',
      patch: ({ LoadBalancingCall }, kit) => {
        const { keepAttempts } = require('./grpc-js.js') as typeof import('./grpc-js.js')
        keepAttempts(LoadBalancingCall.prototype, kit)
      },
    },
    {
      module: '@grpc/grpc-js/build/src/subchannel-call.js',
      versions: '>=1.8 <2',
      patch: ({ Http2SubchannelCall }, kit) => {
        const { hearCancels } = require('./grpc-js.js') as typeof import('./grpc-js.js')
        hearCancels(Http2SubchannelCall.prototype, kit)
      },
    },
  ],
}
