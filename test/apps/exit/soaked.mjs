// Makes spans named RUN-<number> until it is ended, and notes in LOG at which time it had made how many. END tells how it ends
// by itself after STAY ms.
import { openSync, writeSync } from 'node:fs'
import { trace } from '@opentelemetry/api'

const { RUN, LOG, END, STAY } = process.env
const log = openSync(LOG, 'a')
const tracer = trace.getTracer('soak')
let made = 0

const timer = setInterval(() => {
  // A burst now and then.
  const count = made % 7 === 0 ? 300 : 10
  writeSync(log, `${Date.now()} ${made}\n`)
  for (let i = 0; i < count; i++) tracer.startSpan(`${RUN}-${made++}`).end()
  writeSync(log, `${Date.now()} ${made}\n`)
}, 20)

setTimeout(() => {
  if (END === 'exit') process.exit(0)
  if (END === 'error') throw new Error('the end')
  if (END === 'empty') clearInterval(timer)
}, Number(STAY))
