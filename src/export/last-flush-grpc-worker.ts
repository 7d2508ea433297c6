/*
 * The same as last-flush-worker.ts where a destination speaks gRPC, which takes longer to load.
 */

import { doJob } from './last-flush-job.js'
import { GrpcTransport } from './transport-grpc.js'
import { HttpTransport } from './transport-http.js'

doJob((settings) => (settings.protocol === 'grpc' ? new GrpcTransport(settings) : new HttpTransport(settings)))
