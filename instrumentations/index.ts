import type { Instrumentation } from '../src/instrumentation/instrumentation.js'
import { childProcess } from './child-process.js'
import { express } from './express.js'
import { fastify } from './fastify.js'
import { http } from './http/index.js'
import { koa } from './koa.js'
import { pg } from './pg/index.js'
import { undici } from './undici.js'

/** All that the agent can trace; a line for each library. */
export const INSTRUMENTATIONS: readonly Instrumentation[] = [http, undici, express, fastify, koa, pg, childProcess]
