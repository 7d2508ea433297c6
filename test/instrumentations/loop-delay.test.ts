import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { DelaySamples } from '../../instrumentations/runtime-node/delay-samples.js'
import { root, run } from '../harness/program.js'
import { type Sink, startSink } from '../harness/sink.js'

/** Tells the programs when the agent has looked at their event loop, which they say to be active or not. */
const nodeFlags = ['--require', join(root, 'test/apps/metrics/ticks.cjs')]

test('an idle event loop is not woken for samples, and the delay by the first request after that is seen', async (t) => {
  const sink = await startSink(t)
  const { turns, more, heardIdle, heardThen } = await idle(sink)
  // A sample each 50 ms of two seconds would make 40 of them.
  assert.ok(turns < 20, `${turns} turns`)
  assert.equal(more, 1, `${more} samples after the last request`)
  // A channel that gets its first listener, or loses its last, has V8 throw away Node's code that asks for them.
  assert.deepEqual(heardIdle, heardThen)

  // The timer that is late was begun with the request, and is due 50 ms later.
  const of = (name: string) => sink.metric(`nodejs.eventloop.delay.${name}`)?.points[0]?.value ?? Number.NaN
  assert.ok(of('max') > 0.1 && of('max') < 5, `${of('max')} s`)
  // Six seconds of which two tenths were blocked, in samples of which most were not taken.
  assert.deepEqual([of('min'), of('p50')], [0, 0])
  assert.ok(of('mean') < of('max') / 10 && of('stddev') < of('max') / 2, `${of('mean')} s, ${of('stddev')} s`)
})

test('the delay by the first request is seen where requests are not traced, too', async (t) => {
  const sink = await startSink(t)
  const { turns, heardIdle, heardThen } = await idle(sink, { OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'http' })
  assert.ok(turns < 20, `${turns} turns`)
  assert.deepEqual(heardIdle, heardThen)
  const max = sink.metric('nodejs.eventloop.delay.max')?.points[0]?.value ?? Number.NaN
  assert.ok(max > 0.1 && max < 5, `${max} s`)
})

test('requests of a server that is loaded late are counted, and Node.js is not asked for them any more', async (t) => {
  const sink = await startSink(t)
  const { stdout, stderr } = await run('metrics/late-server.cjs', { env: sink.env, nodeFlags })
  assert.equal(stdout, '{"before":true,"after":false}\n', stderr)
})

test('what keeps an idle event loop active and is no request has its delay sampled from the next look on', async (t) => {
  const sink = await startSink(t)
  const { stdout, stderr } = await run('metrics/other-work.cjs', { env: sink.env, nodeFlags })
  assert.equal(stdout, '{"few":0}\n', stderr)
})

async function idle(sink: Sink, env: Record<string, string> = {}) {
  const { code, stdout, stderr } = await run('metrics/idle.cjs', { env: { ...sink.env, ...env }, nodeFlags })
  await sink.settled()
  assert.equal(code, 0, stderr)
  return JSON.parse(stdout) as { turns: number; more: number; heardIdle: string[]; heardThen: string[] }
}

test('a program that puts another `performance` in the place of the global one goes on', async (t) => {
  const sink = await startSink(t)
  const env = { ...sink.env, OTEL_METRIC_EXPORT_INTERVAL: '200' }
  const { code, stdout, stderr } = await run('metrics/faked.cjs', { env, nodeFlags })
  assert.deepEqual([code, stdout], [0, 'done\n'], stderr)
  assert.equal(stderr.trimEnd().split('\n').length, 1, stderr)
})

const ROWS: readonly { readonly name: string; readonly delays: readonly number[]; readonly onTime: number }[] = [
  { name: 'none was late', delays: [], onTime: 40 },
  { name: 'all were late', delays: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], onTime: 0 },
  { name: 'one was', delays: [250], onTime: 99 },
  { name: 'half were', delays: [10, 20, 30, 40, 50], onTime: 5 },
  { name: 'nine of ten were', delays: [5, 5, 5, 5, 5, 5, 5, 5, 100], onTime: 1 },
  { name: 'some were early', delays: [-1, -0.4, 0, 2, 3], onTime: 0 },
  { name: 'one was by microseconds', delays: [0.004, 0.001], onTime: 1 },
]

for (const { name, delays, onTime } of ROWS) {
  test(`samples that were not taken count as those that were on time: ${name}`, () => {
    const samples = new DelaySamples()
    for (const delay of delays) samples.add(delay)
    samples.addOnTime(onTime)

    const all = [...delays.map((delay) => Math.max(delay, 0)), ...Array<number>(onTime).fill(0)].toSorted(
      (a, b) => a - b,
    )
    const mean = all.reduce((sum, delay) => sum + delay, 0) / all.length
    const variance = all.reduce((sum, delay) => sum + (delay - mean) ** 2, 0) / all.length
    const rank = (percent: number) => all[Math.max(Math.ceil((percent / 100) * all.length), 1) - 1]!
    assert.equal(samples.count, all.length)
    const { min, max, mean: ownMean, stddev } = samples
    const told = [min, max, ownMean, stddev, ...[50, 90, 99].map((percent) => samples.percentile(percent))]
    const expected = [all[0]!, all.at(-1)!, mean, Math.sqrt(variance), rank(50), rank(90), rank(99)]
    for (const [i, seconds] of told.entries()) {
      const millis = seconds * 1000
      // Three figures; the deviation is of a difference of squares.
      const slack = expected[i]! * 0.002 + 0.0005
      assert.ok(Math.abs(millis - expected[i]!) <= slack, `${i}: ${millis} ms, not ${expected[i]} ms`)
    }

    samples.reset()
    assert.equal(samples.count, 0)
  })
}

test('a delay of more than an hour counts as one of an hour', () => {
  const samples = new DelaySamples()
  samples.add(2 * 3_600_000)
  assert.equal(samples.count, 1)
  assert.ok(Math.abs(samples.max - 3600) < 4, `${samples.max} s`)
})
