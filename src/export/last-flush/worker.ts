/*
 * The program of the thread that delivers what waits when the process ends: see last-flush.ts.
 */

import { HttpTransport } from '../transport/http.js'
import { doJob } from './job.js'

doJob((settings) => new HttpTransport(settings))
