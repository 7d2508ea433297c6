import assert from 'node:assert/strict'
import { test } from 'node:test'
import { blackHole } from '../harness/black-hole.js'
import type { Owner } from '../harness/owner.js'
import { launch, type Outcome, run, SLACK_MILLIS } from '../harness/program.js'
import { type SinkOptions, startSink } from '../harness/sink.js'
import { assertLikeBare, bareOnce, PLAIN_DOORS, said, visible } from './bare.js'

const NEVER = () => new Promise<undefined>(() => {})

const COLLECTORS: Readonly<Record<string, (owner: Owner) => Promise<{ url: string; reason: RegExp }>>> = {
  refuses: async () => ({ url: 'http://127.0.0.1:1', reason: /connection refused \(ECONNREFUSED\)$/ }),
  'never answers': async (owner) => {
    const sink = await startSink(owner, { respond: NEVER })
    return { url: sink.url, reason: /no answer within 1000 ms$/ }
  },
  'has no name': async () => ({ url: 'http://nowhere.invalid:4318', reason: /\((ENOTFOUND|EAI_AGAIN)\)$/ }),
}

for (const [what, start] of Object.entries(COLLECTORS)) {
  for (const DOOR of PLAIN_DOORS) {
    test(`by ${DOOR} a collector that ${what} costs little time and one line`, async (t) => {
      const { url, reason } = await start(t)
      const env = { DOOR, OTEL_EXPORTER_OTLP_ENDPOINT: url }
      const bare = await bareOnce('leave.mjs', env, () => left(t, env, false))
      const traced = await left(t, env, true)
      assert.deepEqual(visible(traced.outcome), visible(bare.outcome))
      const lines = said(traced.outcome).slice(1)
      assert.equal(lines.length, 1, lines.join('\n'))
      assert.ok(lines[0]?.startsWith(`autospan: lost 2 spans, not delivered to ${url}/v1/traces: `), lines[0])
      assert.match(lines[0]!, reason)
      assert.ok(traced.millis - bare.millis < 1200 + SLACK_MILLIS, `${traced.millis} ms against ${bare.millis} ms`)
    })
  }
}

for (const [bound, most] of [
  ['300', 500],
  ['0', 150],
] as const) {
  test(`AUTOSPAN_EXIT_TIMEOUT=${bound} bounds what a dead collector costs, whichever the door`, async (t) => {
    const sink = await startSink(t, { respond: NEVER })
    for (const DOOR of ['the empty event loop', 'process.exit()']) {
      const env = { DOOR, OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, AUTOSPAN_EXIT_TIMEOUT: bound }
      const { outcome, millis } = await left(t, env, true)
      const reason = bound === '0' ? 'the process ended before they were sent' : `no answer within ${bound} ms`
      assert.match(said(outcome)[1]!, new RegExp(`lost 2 spans, .*: ${reason}$`))
      assert.ok(millis < most + SLACK_MILLIS, `${millis} ms`)
    }
  })
}

test('connections of several signals that do not come about hold nobody', async (t) => {
  const { stdout, millis } = await run('exit/dialling.mjs', {
    env: {
      CONNECTIONS: '2',
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await blackHole(t)}`,
      OTEL_BSP_SCHEDULE_DELAY: '0',
      OTEL_METRIC_EXPORT_INTERVAL: '10',
    },
  })
  assert.equal(stdout, 'ended\n')
  assert.ok(millis < 2000 + SLACK_MILLIS, `${millis} ms`)
})

test('the bound holds for all in all: a flush in vain, and open spans after it', async (t) => {
  const sink = await startSink(t, { respond: NEVER })
  const { outcome, millis } = await left(
    t,
    { WAY: 'open', OTEL_EXPORTER_OTLP_ENDPOINT: sink.url },
    true,
    'own-spans.mjs',
  )
  const lines = said(outcome).slice(1)
  assert.equal(lines.length, 1, lines.join('\n'))
  assert.match(lines[0]!, /lost 3 spans, .*: no answer within 1000 ms$/)
  assert.ok(millis < 1400 + SLACK_MILLIS, `${millis} ms`)
})

test('the bound holds for all in all: a flush that takes long, and open spans after it', async (t) => {
  const sink = await startSink(t, { respond: (index) => (index === 0 ? { delayMillis: 2500 } : NEVER()) })
  const { outcome, millis } = await left(
    t,
    { WAY: 'open', OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, AUTOSPAN_EXIT_TIMEOUT: '3500' },
    true,
    'own-spans.mjs',
  )
  const lines = said(outcome).slice(1)
  assert.equal(lines.length, 1, lines.join('\n'))
  assert.match(lines[0]!, /lost 1 span, .*: no answer within 3500 ms$/)
  assert.ok(millis < 3500 + SLACK_MILLIS, `${millis} ms`)
})

test('what comes while the end is delayed arrives too, and delays it no further', async (t) => {
  const sink = await startSink(t, { respond: () => ({ delayMillis: 100 }) })
  const outcome = await run('exit/beating.mjs', {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, AUTOSPAN_EXIT_TIMEOUT: '10000' },
  })
  assert.deepEqual(said(outcome).slice(1), [])
  assert.equal((await sink.settled()).length, Number(outcome.stdout))
  assert.equal(sink.requests.length, 2)
})

test('one of two destinations is not kept from its spans by the other', async (t) => {
  const sink = await startSink(t)
  const { outcome } = await left(
    t,
    { WAY: 'open', OTEL_TRACES_EXPORTER: 'otlp,console', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' },
    true,
    'own-spans.mjs',
  )
  assert.match(outcome.stderr, /^done /m)
  assert.match(outcome.stderr, /^open /m)
  assert.equal(sink.requests.length, 0)
})

test('a collector that is busy for a moment is asked again at the end', async (t) => {
  const sink = await startSink(t, { respond: (index) => (index === 0 ? { status: 503 } : undefined) })
  await assertLikeBare('exit/leave.mjs', { DOOR: 'process.exit()', OTEL_EXPORTER_OTLP_ENDPOINT: sink.url })
  assert.equal((await sink.spans(2)).length, 2)
  assert.equal(sink.requests.length, 2)
})

test('what a collector refuses at the end is told, and not sent again', async (t) => {
  const sink = await startSink(t, {
    respond: () => ({ status: 401, headers: { 'content-type': 'text/plain' }, body: 'no token' }),
  })
  const { outcome } = await left(t, { DOOR: 'process.exit()', OTEL_EXPORTER_OTLP_ENDPOINT: sink.url }, true)
  assert.deepEqual(said(outcome).slice(1), [
    `autospan: ${sink.url}/v1/traces refused 2 spans, they are lost: status 401 Unauthorized: no token`,
  ])
  assert.equal(sink.requests.length, 1)
})

test('a span that the collector does not take is lost alone, in the last moment too', async (t) => {
  const sink = await startSink(t, {
    respond: (_index, { spans }) => (spans.some(({ name }) => name === 'open') ? { status: 400 } : undefined),
  })
  const { outcome } = await left(t, { WAY: 'open', OTEL_EXPORTER_OTLP_ENDPOINT: sink.url }, true, 'own-spans.mjs')
  assert.deepEqual(said(outcome).slice(1), [
    `autospan: ${sink.url}/v1/traces refused 1 span, they are lost: status 400 Bad Request`,
  ])
  assert.equal((await sink.settled()).length, 2)
})

test('10,000 spans of one turn arrive whole through process.exit()', async (t) => {
  const sink = await startSink(t)
  const { outcome } = await left(
    t,
    { WAY: 'many', OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, AUTOSPAN_EXIT_TIMEOUT: '10000' },
    true,
    'own-spans.mjs',
  )
  assert.deepEqual(said(outcome).slice(1), [])
  assert.equal((await sink.settled()).length, 10_000)
})

test('a program that has made no spans is not delayed', async (t) => {
  const { outcome, millis } = await left(
    t,
    { WAY: 'none', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' },
    true,
    'own-spans.mjs',
  )
  assert.deepEqual(said(outcome).slice(1), [])
  assert.ok(millis < 100 + SLACK_MILLIS, `${millis} ms`)
})

const UNDER_WAY: readonly (readonly [string, SinkOptions['respond'], number, readonly RegExp[]])[] = [
  ['answers in time', undefined, 2, []],
  ['answers late', () => ({ delayMillis: 200 }), 2, []],
  [
    'gives partial success',
    () => ({ partialSuccess: { rejectedSpans: 1, errorMessage: 'too old' } }),
    2,
    [/rejected 1 span .*: too old$/],
  ],
  ['refuses', () => ({ status: 400 }), 0, [/refused 2 spans, they are lost: status 400/]],
  ['cuts the connection', (index) => (index === 0 ? { destroy: true } : undefined), 2, []],
  ['is busy at first', (index) => (index === 0 ? { status: 503 } : undefined), 2, []],
  ['never answers', NEVER, 0, [/lost 2 spans, .*: no answer within 1000 ms$/]],
]

for (const [what, respond, delivered, lines] of UNDER_WAY) {
  test(`a batch that is under way at process.exit() is neither lost nor sent twice: the collector ${what}`, async (t) => {
    let atDoor: (() => void) | undefined
    const sink = await startSink(t, {
      respond: async (index, request) => {
        // The program leaves when its request has come, and is answered after that.
        if (index === 0) {
          await new Promise<void>((resolve) => {
            atDoor = resolve
          })
        }
        return respond?.(index, request)
      },
    })
    const program = launch(t, 'exit/under-way.mjs', {
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, OTEL_BSP_SCHEDULE_DELAY: '0' },
    })
    await sink.until(() => sink.requests.length === 1, 'the batch under way')
    program.signal('SIGUSR2')
    await program.printed(/at the door/)
    atDoor?.()
    const outcome = await program.end(5000)
    assert.equal(outcome.code, 3)
    const told = said(outcome).slice(1)
    assert.equal(told.length, lines.length, told.join('\n'))
    for (const [i, line] of lines.entries()) assert.match(told[i]!, line)
    const spans = await sink.settled()
    assert.equal(spans.length, delivered)
  })
}

/** Runs a program that prints "at the door" when it leaves, and tells how long that took. */
async function left(
  owner: Owner,
  env: Readonly<Record<string, string>>,
  agent: boolean,
  app = 'leave.mjs',
): Promise<{ outcome: Outcome; millis: number }> {
  const program = launch(owner, `exit/${app}`, { env, agent })
  await program.printed(/at the door/)
  const start = performance.now()
  const outcome = await program.end(20_000)
  return { outcome, millis: performance.now() - start }
}
