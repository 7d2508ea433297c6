import { createRequire } from 'node:module'
import type { Transport, TransportSettings } from './transport.js'
import { HttpTransport } from './transport-http.js'

const require = createRequire(import.meta.url)

/** The transport for a protocol. What gRPC needs is loaded where that is asked for. */
export function createTransport(settings: TransportSettings): Transport {
  if (settings.protocol !== 'grpc') return new HttpTransport(settings)
  const { GrpcTransport } = require('./transport-grpc.js') as typeof import('./transport-grpc.js')
  return new GrpcTransport(settings)
}
