import assert from 'node:assert/strict'
import { test } from 'node:test'
import { trace } from '../harness/draw.js'
import { launch, SLACK_MILLIS } from '../harness/program.js'
import { startSink } from '../harness/sink.js'
import { assertLikeBare, assertSignalledLikeBare } from './bare.js'

const HANDLERS = [
  'none',
  'one that closes the server',
  'one that exits',
  'one that exits later',
  'one that raises it again',
  'one that raises it again later',
  'one that ends the process where nobody else does',
  'one that later ends the process where nobody else does',
  'one that was added where nobody listened',
  'one that was taken away',
  'one that was taken away with all others',
  'one that throws',
  'one like those of signal-exit 3',
  'one like those of signal-exit 4',
]

/** A program that leaves signals to the agent, which has more time at the end than any of them is to take. */
const SIGNALLED = { SIGNAL: 'SIGTERM', HANDLER: 'none', AUTOSPAN_EXIT_TIMEOUT: '30000' }

for (const HANDLER of HANDLERS) {
  for (const WHEN of ['before', 'after']) {
    test(`SIGTERM with handler: ${HANDLER}, added ${WHEN} the first span`, async (t) => {
      const sink = await startSink(t)
      await assertSignalledLikeBare(t, { SIGNAL: 'SIGTERM', HANDLER, WHEN, OTEL_EXPORTER_OTLP_ENDPOINT: sink.url })
      assert.equal(
        await sink.traces(2),
        trace`
          GET   CLIENT 200
            GET SERVER 200
        `,
      )
      await sink.settled()
    })
  }
}

// Node.js itself hears of no signals any more then, and so the agent does not.
test('SIGTERM ends a program that has taken all listeners from its process', async (t) => {
  const sink = await startSink(t)
  const env = { HANDLER: 'none, nor of anything else', OTEL_EXPORTER_OTLP_ENDPOINT: sink.url }
  const { signal } = await assertSignalledLikeBare(t, { SIGNAL: 'SIGTERM', ...env })
  assert.equal(signal, 'SIGTERM')
})

for (const SIGNAL of ['SIGINT', 'SIGHUP'] as const) {
  for (const HANDLER of ['none', 'one that raises it again', 'one like those of signal-exit 4']) {
    test(`${SIGNAL} with handler: ${HANDLER}`, async (t) => {
      const sink = await startSink(t)
      const outcome = await assertSignalledLikeBare(t, { SIGNAL, HANDLER, OTEL_EXPORTER_OTLP_ENDPOINT: sink.url })
      assert.equal(outcome.signal, SIGNAL)
      assert.equal((await sink.spans(2)).length, 2)
    })
  }
}

test('an idle server that does not listen to signals is dead at once', async (t) => {
  const sink = await startSink(t)
  const program = launch(t, 'exit/signalled.cjs', {
    env: { SIGNAL: 'SIGTERM', HANDLER: 'none', OTEL_EXPORTER_OTLP_ENDPOINT: sink.url },
  })
  await program.printed(/ready/)
  const start = performance.now()
  program.signal('SIGTERM')
  const { signal } = await program.end(5000)
  assert.equal(signal, 'SIGTERM')
  const millis = performance.now() - start
  assert.ok(millis < SLACK_MILLIS, `${millis} ms`)
})

for (const AGAIN of ['SIGTERM', 'SIGINT'] as const) {
  test(`SIGTERM and at once ${AGAIN}, as from a group of processes and a parent: the spans are delivered`, async (t) => {
    // Refused as too large, they are sent one by one, which a process that has ended cannot.
    const respond = (index: number) => {
      if (index > 0) return undefined
      program.signal(AGAIN)
      return { status: 413 }
    }
    const sink = await startSink(t, { respond })
    const env = { ...SIGNALLED, OTEL_EXPORTER_OTLP_ENDPOINT: sink.url }
    const program = launch(t, 'exit/signalled.cjs', { env })
    await program.printed(/ready/)
    program.signal('SIGTERM')
    assert.equal((await program.end(10_000)).signal, 'SIGTERM')
    assert.equal((await sink.settled()).length, 2)
  })
}

test('while a collector keeps it waiting, who goes on to send signals ends the program', async (t) => {
  const sink = await startSink(t, { respond: () => new Promise<undefined>(() => {}) })
  const env = { ...SIGNALLED, OTEL_EXPORTER_OTLP_ENDPOINT: sink.url }
  const program = launch(t, 'exit/signalled.cjs', { env })
  await program.printed(/ready/)
  program.signal('SIGTERM')
  await sink.until(() => sink.requests.length === 1, 'the request')
  const impatience = setInterval(() => program.signal('SIGINT'), 50)
  assert.equal((await program.end(10_000).finally(() => clearInterval(impatience))).signal, 'SIGINT')
})

test('a program sees no listener, no changed function and no warning that is not its own', async (t) => {
  const sink = await startSink(t)
  // By --import Node.js listens to the exit itself.
  const options = { importFlag: '--require' } as const
  await assertLikeBare('exit/unnoticed.cjs', { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url }, options)
  assert.equal((await sink.spans(2)).length, 2)
})
