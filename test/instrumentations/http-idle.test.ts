import assert from 'node:assert/strict'
import { test } from 'node:test'
import { run } from '../harness/program.js'
import { startSink } from '../harness/sink.js'

const APP = 'http/idle.mjs'
/** The prototype, and the last request's. */
const MAX_SPANS = 3

test('idle connections do not keep the spans of their last requests', async (t) => {
  const { env } = await startSink(t)
  const { stdout, stderr } = await run(APP, { env })
  const spans = Number(/^spans (\d+)$/m.exec(stdout)?.[1])
  assert.ok(spans <= MAX_SPANS, `${spans} spans of 32 connections. ${stderr}`)
})

test('they end by their time-out, and who listens to it finds what it would without the agent', async (t) => {
  const { env } = await startSink(t)
  const [bare, traced] = await Promise.all([run(APP, { agent: false }), run(APP, { env })])
  const told = (text: string) => text.replace(/^spans .*\n/m, '')
  assert.equal(told(traced.stdout), bare.stdout, traced.stderr)
  assert.equal(bare.stdout, 'ended by its time-out\ntime-out in the store of request 34\n')
})
