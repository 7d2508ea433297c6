import { createRequire } from 'node:module'
import { HttpTransport } from './http.js'
import type { Transport, TransportSettings } from './transport.js'

const require = createRequire(import.meta.url)

/** The transport for a protocol. What gRPC needs is loaded where that is asked for. */
export function createTransport(settings: TransportSettings): Transport {
  if (settings.protocol !== 'grpc') return new HttpTransport(settings)
  const { GrpcTransport } = require('./grpc.js') as typeof import('./grpc.js')
  return new GrpcTransport(settings)
}
