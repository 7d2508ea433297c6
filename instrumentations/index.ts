import type { Instrumentation } from '../src/instrumentation/instrumentation.js'
import { bunyan } from './bunyan.js'
import { childProcess } from './child-process.js'
import { consoleMethods } from './console.js'
import { express } from './express/index.js'
import { fastify } from './fastify.js'
import { hono } from './hono.js'
import { http } from './http/index.js'
import { grpc } from './http2/grpc.js'
import { http2 } from './http2/index.js'
import { koa } from './koa.js'
import { nest } from './nest.js'
import { next } from './next.js'
import { pg } from './pg/index.js'
import { pino } from './pino.js'
import { runtimeNode } from './runtime-node/index.js'
import { undici } from './undici.js'
import { winston } from './winston.js'

/** All that the agent can trace; a line for each library. */
export const INSTRUMENTATIONS: readonly Instrumentation[] = [
  http,
  http2,
  grpc,
  undici,
  express,
  fastify,
  koa,
  hono,
  nest,
  next,
  pg,
  pino,
  winston,
  bunyan,
  consoleMethods,
  childProcess,
  runtimeNode,
]
