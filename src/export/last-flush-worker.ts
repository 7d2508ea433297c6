/*
 * The program of the thread that delivers what waits when the process ends: see last-flush.ts.
 */

import { doJob } from './last-flush-job.js'
import { HttpTransport } from './transport-http.js'

doJob((settings) => new HttpTransport(settings))
