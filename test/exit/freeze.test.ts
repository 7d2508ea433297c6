import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Owner } from '../harness/owner.js'
import { launch, type Program } from '../harness/program.js'
import { startSink } from '../harness/sink.js'
import { said } from './bare.js'

/** For what the agent waits for: a busy machine keeps it. */
const BOUND_MILLIS = '1500'

/** Until a program that nobody freezes has given up by the same bound. */
async function givenUp(owner: Owner): Promise<void> {
  const silent = await startSink(owner, { respond: () => new Promise(() => {}) })
  const program = launch(owner, 'exit/leave.mjs', {
    env: { DOOR: 'process.exit()', AUTOSPAN_EXIT_TIMEOUT: BOUND_MILLIS, OTEL_EXPORTER_OTLP_ENDPOINT: silent.url },
  })
  assert.match((await program.end(10_000)).stderr, /lost 2 spans/)
}

/** Until a program that nobody freezes has told of an outage. */
async function outageSaid(owner: Owner): Promise<void> {
  const program = launch(owner, 'exit/spooled.mjs', {
    env: { STAY: 'forever', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', OTEL_BSP_SCHEDULE_DELAY: '0' },
  })
  await program.printed(/cannot deliver/, { on: 'stderr' })
}

// Side by side, for they stand still most of the time.
describe('a process', { concurrency: 4 }, () => {
  test('that stands still while it waits for its last answer reports nothing false', async (t) => {
    let program: Program | undefined
    const sink = await startSink(t, {
      respond: async () => {
        program?.signal('SIGSTOP')
        await givenUp(t)
        // The answer is sent, and lies in the socket when the process goes on.
        setImmediate(() => program?.signal('SIGCONT'))
        return undefined
      },
    })
    program = launch(t, 'exit/leave.mjs', {
      env: { DOOR: 'process.exit()', AUTOSPAN_EXIT_TIMEOUT: BOUND_MILLIS, OTEL_EXPORTER_OTLP_ENDPOINT: sink.url },
    })
    const outcome = await program.end(10_000)
    assert.equal(outcome.code, 3)
    assert.deepEqual(said(outcome).slice(1), [])
    assert.equal((await sink.settled()).length, 2)
  })

  test('that is frozen between a request and its export loses nothing, and reports nothing false', async (t) => {
    const sink = await startSink(t)
    const program = launch(t, 'exit/signalled.cjs', {
      env: {
        SIGNAL: 'SIGTERM',
        HANDLER: 'none',
        ...sink.env,
        OTEL_BSP_SCHEDULE_DELAY: '300',
        OTEL_EXPORTER_OTLP_TIMEOUT: BOUND_MILLIS,
      },
    })
    await program.printed(/ready/)
    program.signal('SIGSTOP')
    await givenUp(t)
    program.signal('SIGCONT')
    assert.equal((await sink.spans(2)).length, 2)
    program.signal('SIGTERM')
    const outcome = await program.end(10_000)
    assert.equal(outcome.signal, 'SIGTERM')
    assert.deepEqual(said(outcome).slice(1), [])
  })

  test('that is frozen while its batch is under way has its answer all the same', async (t) => {
    let program: Program | undefined
    const sink = await startSink(t, {
      respond: async (index) => {
        if (index > 0) return undefined
        program?.signal('SIGSTOP')
        await givenUp(t)
        setImmediate(() => program?.signal('SIGCONT'))
        return undefined
      },
    })
    program = launch(t, 'exit/signalled.cjs', {
      env: {
        SIGNAL: 'SIGTERM',
        HANDLER: 'none',
        ...sink.env,
        OTEL_BSP_SCHEDULE_DELAY: '1',
        OTEL_EXPORTER_OTLP_TIMEOUT: BOUND_MILLIS,
      },
    })
    assert.equal((await sink.spans(2)).length, 2)
    await program.printed(/ready/)
    program.signal('SIGTERM')
    assert.deepEqual(said(await program.end(10_000)).slice(1), [])
    await sink.settled()
  })

  test('that is frozen between two attempts makes no outage of it', async (t) => {
    const sink = await startSink(t, { respond: (index) => (index === 0 ? { status: 503 } : undefined) })
    const program = launch(t, 'exit/spooled.mjs', {
      env: {
        STAY: 'forever',
        RATE: '3',
        ...sink.env,
        OTEL_BSP_SCHEDULE_DELAY: '0',
        OTEL_LOG_LEVEL: 'debug',
      },
    })
    await program.printed(/is tried again in/, { on: 'stderr' })
    program.signal('SIGSTOP')
    await outageSaid(t)
    program.signal('SIGCONT')
    await sink.spans(3)
    program.signal('SIGTERM')
    const lines = said(await program.end(10_000))
    assert.deepEqual(
      lines.filter((line) => /cannot deliver|answers again|lost/.test(line)),
      [],
    )
  })
})
