/*
 * The same as worker.ts where a destination speaks gRPC, which takes longer to load.
 */

import { GrpcTransport } from '../transport/grpc.js'
import { HttpTransport } from '../transport/http.js'
import { doJob } from './job.js'

doJob((settings) => (settings.protocol === 'grpc' ? new GrpcTransport(settings) : new HttpTransport(settings)))
