import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeLogs } from '../harness/otlp-logs.js'
import { file } from '../harness/owner.js'
import { run, type Server, start } from '../harness/program.js'
import { projectOf } from '../harness/project.js'
import { type Sink, startSink } from '../harness/sink.js'

for (const protocol of ['http/protobuf', 'http/json']) {
  test(`${protocol}: records of the logs API arrive with all that they hold, in their span`, async (t) => {
    const sink = await startSink(t)
    const env = { ...sink.env, OTEL_EXPORTER_OTLP_PROTOCOL: protocol }
    const { stdout, code } = await run('logs/api.mjs', { env })
    assert.deepEqual([stdout, code], ['true\n', 0])
    const [span] = await sink.settled()
    const [outside, careful, odd, ...others] = sink.logs
    assert.deepEqual(others, [])

    assert.equal(outside?.body, 'outside')
    assert.deepEqual([outside?.traceId, outside?.spanId, outside?.timeUnixNano], ['', '', 0n])
    assert.deepEqual(outside?.scope, { name: 'shop', version: '1.2.3' })
    assert.equal(outside?.resource['telemetry.sdk.language'], 'nodejs')

    const { observedTimeUnixNano, resource, scope, ...rest } = careful ?? {}
    assert.deepEqual(rest, {
      timeUnixNano: 1_700_000_000_000_000_000n,
      severityNumber: 13,
      severityText: 'careful',
      body: { text: 'a map', list: [1, 'two', null] },
      attributes: { plain: 'x', nested: { deep: [true] } },
      droppedAttributesCount: 0,
      flags: (span?.flags ?? 0) & 0xff,
      traceId: span?.traceId,
      spanId: span?.spanId,
      eventName: 'shop.sold',
    })

    assert.equal(odd?.severityNumber, 0)
    assert.equal(odd?.attributes['exception.type'], 'RangeError')
    assert.equal(odd?.attributes['exception.message'], 'too far')
    assert.match(String(odd?.attributes['exception.stacktrace']), /^RangeError: too far\n.*api\.mjs/)
  })
}

test('attributes are limited as the variables say, and the body is not', async (t) => {
  const sink = await startSink(t)
  await run('logs/api.mjs', {
    env: {
      ...sink.env,
      OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT: '2',
      OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT: '5',
    },
  })
  await sink.settled()
  const odd = sink.logs.find(({ body }) => body === 'odd')
  assert.deepEqual(odd?.attributes, { 'exception.type': 'Range', 'exception.message': 'too f' })
  assert.equal(odd?.droppedAttributesCount, 1)
  assert.equal(sink.logs[0]?.body, 'outside')
})

test('the logs exporter can be none, and the program logs on', async (t) => {
  const sink = await startSink(t)
  const env = { ...sink.env, OTEL_LOGS_EXPORTER: 'none', AUTOSPAN_LOG_SOURCES: 'console' }
  const { code } = await run('logs/api.mjs', { env })
  await sink.settled()
  assert.deepEqual([code, sink.logs], [0, []])
})

test('a logger provider of the program itself gets its records', async (t) => {
  const sink = await startSink(t)
  const { stdout } = await run('logs/own-provider.mjs', { env: sink.env })
  await sink.settled()
  assert.equal(stdout, 'to the own provider\n')
  assert.deepEqual(sink.logs, [])
})

test('the console exporter writes a line for each record to stderr', async () => {
  const { stderr } = await run('logs/api.mjs', {
    env: { OTEL_TRACES_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'console', OTEL_LOG_LEVEL: 'none' },
  })
  const [outside, careful, odd, ...others] = stderr.trimEnd().split('\n')
  assert.deepEqual(others, [])
  assert.match(outside ?? '', /^\d\d:\d\d:\d\d\.\d\d\d {7}shop: outside$/)
  assert.match(
    careful ?? '',
    /^22:13:20\.000 WARN {2}shop: shop\.sold \{"text":"a map".* plain=x .* trace \w{32} span \w{16}$/,
  )
  assert.match(odd ?? '', / shop: odd exception\.type=RangeError /)
})

test('log records leave as OTLP/JSON on stdout, on request', async () => {
  const env = { OTEL_TRACES_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'otlp/stdout' }
  const { stdout } = await run('logs/exit.mjs', { env })
  const logs = decodeLogs(Buffer.from(stdout), 'application/json')
  assert.deepEqual(
    logs.map(({ body }) => body),
    ['first'],
  )
})

/** Level names of each library, with the number and text that their records arrive with. */
const LEVELS: Record<string, [number: number, text: string, body: unknown][]> = {
  pino: [
    [9, 'info', 'plain'],
    [13, 'warn', 'child of one'],
    [17, 'error', 'failed'],
    [9, 'info', 'a "trace_id": in a text }'],
    [9, 'info', undefined],
    [9, 'info', 'own id'],
    [9, 'info', 'own id'],
    [9, 'info', undefined],
  ],
  winston: [
    [9, 'info', 'plain'],
    [13, 'warn', 'child'],
    [17, 'error', 'failed'],
    [9, 'info', 'again'],
    [9, 'info', 'own id'],
    [9, 'info', 'text'],
  ],
  bunyan: [
    [9, 'info', 'plain'],
    [13, 'warn', 'child of one'],
    [17, 'error', 'failed'],
    [9, 'info', 'to two streams'],
    [9, 'info', 'own id'],
  ],
}

for (const [library, expected] of Object.entries(LEVELS)) {
  for (const extension of ['cjs', 'mjs']) {
    test(`${library} ${extension}: records are sent once on request, and printed as without it`, async (t) => {
      const app = `logs/${library}.${extension}`
      const unsent = await startSink(t)
      const printed = await printedBy(await start(t, app, { env: environment(unsent, 'none') }))
      const sink = await startSink(t)
      assert.deepEqual(await printedBy(await start(t, app, { env: environment(sink, library) })), printed)
      await unsent.settled()
      assert.deepEqual(unsent.logs, [])

      const [span] = await sink.settled()
      assert.deepEqual(
        sink.logs.map(({ severityNumber, severityText, body }) => [severityNumber, severityText, body]),
        [...expected, ...expected, ...expected],
      )
      assert.deepEqual(
        sink.logs.map(({ traceId, spanId }) => [traceId, spanId]),
        sink.logs.map((_, i) => (i < expected.length ? ['', ''] : [span?.traceId, span?.spanId])),
      )
      assert.deepEqual(new Set(sink.logs.map(({ scope }) => scope.name)), new Set([`autospan/${library}`]))
      for (const { timeUnixNano, observedTimeUnixNano, attributes } of sink.logs) {
        // The library's clock and the agent's are two.
        assert.ok(Math.abs(Number(observedTimeUnixNano - timeUnixNano)) < 1e9)
        for (const key of ['pid', 'hostname', 'level', 'time', 'msg', 'message', 'span_id']) {
          assert.equal(key in attributes, false, key)
        }
      }
      const child = sink.logs.find(({ severityNumber }) => severityNumber === 13)?.attributes
      assert.deepEqual(child?.list, [{}])
      assert.equal(child?.part, 'child')
      const failed = sink.logs.find(({ severityNumber }) => severityNumber === 17)?.attributes
      assert.equal(failed?.['exception.type'], 'Error')
      assert.equal(failed?.['exception.message'], 'failed')
      assert.match(String(failed?.['exception.stacktrace']), /^Error: failed/)
    })
  }
}

test('a mixin of pino that looks up who has called finds the same where records are sent', async (t) => {
  const sink = await startSink(t)
  const bare = await run('logs/callers.cjs', { agent: false })
  const sent = await run('logs/callers.cjs', { env: environment(sink, 'pino') })
  assert.match(bare.stdout, / sell /)
  assert.equal(sent.stdout, bare.stdout)
  await sink.settled()
  assert.deepEqual(
    sink.logs.map(({ body }) => body),
    ['sold'],
  )
})

for (const [title, app] of [
  ['pino', 'logs/fields.cjs'],
  ['pino 6', `${await projectOf(file, 'logs', { pino: 'pino6', bunyan: 'bunyan' })}/fields.cjs`],
] as const) {
  test(`fields of the program with names of the library's are sent with their values: ${title}, bunyan`, async (t) => {
    const sink = await startSink(t)
    await run(app, { env: environment(sink, 'pino,bunyan') })
    await sink.settled()
    const own = { hostname: 'db1.internal', pid: 77, time: 'noon' }
    const told = (library: string) =>
      sink.logs
        .filter(({ scope }) => scope.name === `autospan/${library}`)
        .map(({ body, attributes: { name, ...attributes } }) => [body, attributes])
    assert.deepEqual(told('pino'), [
      ['own', { ...own, v: 3 }],
      ['own', { ...own, v: 3 }],
      ['plain', {}],
      ['iso', {}],
      ['no time', { time: 5 }],
      ['of a child', { pid: 77 }],
      ['based', { hostname: 'pod-7' }],
    ])
    // bunyan puts a `v` of its own in the place of the program's.
    assert.deepEqual(told('bunyan'), [
      ['own', own],
      ['plain', {}],
      ['dated', {}],
      ['based', { hostname: 'pod-7' }],
    ])
    const now = BigInt(Date.now()) * 1_000_000n
    for (const { body, timeUnixNano } of sink.logs) {
      if (body === 'dated') assert.equal(timeUnixNano, 1_700_000_000_000_000_000n)
      else assert.ok(now - timeUnixNano < 60_000_000_000n, String(body))
    }
  })
}

test('of winston it is sent what its formats have made, in the span of who wrote it', async (t) => {
  const sink = await startSink(t)
  await run('logs/winston-formats.cjs', { env: environment(sink, 'winston,console') })
  const [formats, much] = await sink.settled()
  const told = (spanId: string | undefined) =>
    sink.logs
      .filter((log) => log.spanId === spanId && log.scope.name === 'autospan/winston')
      .map(({ severityText, body, attributes: { 'exception.stacktrace': stack, ...attributes } }) => {
        if (attributes['exception.type'] !== undefined)
          assert.match(String(stack), /^RangeError: no tea\n.*winston-formats/)
        return [severityText, body, attributes]
      })
  const exception = { 'exception.type': 'RangeError', 'exception.message': 'no tea' }
  assert.deepEqual(told(formats?.spanId), [
    ['info', 'ann has 5', { shelf: 'a' }],
    ['warn', 'card ****', { user: 'ann' }],
    ['info', 'painted', {}],
    ['info', { cups: 2 }, {}],
    ['error', 'no tea', { ...exception, code: 'E1' }],
    ['error', 'failed: no tea', { ...exception, code: 'E1' }],
    ['error', 'failed', { ...exception, err: { code: 'E1' }, cups: 3 }],
    ['error', 'card ****', { code: 'E1' }],
    ['info', 'to an old one', {}],
  ])
  assert.deepEqual(
    told(much?.spanId),
    Array.from({ length: 50 }, (_, i) => ['info', `much ${i}`, {}]),
  )
  assert.equal(sink.logs.filter(({ scope }) => scope.name === 'autospan/winston').length, 59)
  // What winston says itself of an old transport.
  assert.equal(sink.logs.length, 60)
})

test('with all sources a record is still sent once', async (t) => {
  const sink = await startSink(t)
  for (const library of ['pino', 'winston', 'bunyan']) {
    const server = await start(t, `logs/${library}.cjs`, { env: environment(sink, 'pino,winston,bunyan,console') })
    await printedBy(server)
  }
  await sink.settled()
  for (const [library, expected] of Object.entries(LEVELS)) {
    const sent = sink.logs.filter(({ scope }) => scope.name === `autospan/${library}`)
    assert.equal(sent.length, 3 * expected.length, library)
  }
  // What is no record, and printed after the first ones.
  const printed = sink.logs.filter(({ scope }) => scope.name === 'autospan/console').map(({ body }) => body)
  assert.equal(printed.length, 3)
  for (const body of printed) assert.match(String(body), /^listening \d+$/)
})

test('what bunyan makes for probes only is not sent, for nobody has logged it', async (t) => {
  const project = await projectOf(t, 'logs', { bunyan: 'bunyan', 'dtrace-provider': './dtrace-provider' })
  const sink = await startSink(t)
  const { stdout } = await run(`${project}/bunyan-probes.cjs`, { env: environment(sink, 'bunyan') })
  assert.deepEqual(stdout.match(/^log-\w+: .*$/gm), ['log-info: written', 'log-debug: for probes only'])
  await sink.settled()
  assert.deepEqual(
    sink.logs.map(({ body }) => body),
    ['written'],
  )
})

test('records have the true time where the program has put other clocks in the places of the global ones', async (t) => {
  const sink = await startSink(t)
  const beganAt = BigInt(Date.now()) * 1_000_000n
  await run('logs/faked-clocks.cjs', { env: environment(sink, 'pino,winston,console') })
  await sink.settled()
  assert.deepEqual(sink.logs.map(({ body }) => body).sort(), ['by console', 'by pino', 'by winston'])
  const endedAt = BigInt(Date.now()) * 1_000_000n
  for (const { body, timeUnixNano } of sink.logs) {
    assert.ok(timeUnixNano > beganAt - 100_000_000n && timeUnixNano < endedAt + 100_000_000n, String(body))
  }
})

test('what console prints is sent on request, and printed as without it', async (t) => {
  const sink = await startSink(t)
  const bare = await run('logs/console.mjs', { agent: false })
  const sent = await run('logs/console.mjs', { env: { ...environment(sink, 'console'), OTEL_LOG_LEVEL: 'none' } })
  assert.deepEqual([sent.stdout, sent.stderr], [bare.stdout, bare.stderr])
  const [span] = await sink.settled()
  assert.deepEqual(
    sink.logs.map(({ severityNumber, severityText, body, spanId }) => [severityNumber, severityText, body, spanId]),
    [
      [9, 'log', 'answer is 42 { more: [ 1 ] }', span?.spanId],
      [9, 'info', 'info', span?.spanId],
      [13, 'warn', 'warn', span?.spanId],
      [17, 'error', 'failed', span?.spanId],
      [5, 'debug', 'debug', span?.spanId],
      [9, 'log', bare.stdout.split('\n').slice(3, 8).join('\n'), span?.spanId],
      // Not what console.trace prints.
      [17, 'error', 'Trace: no stack', ''],
      [17, 'error', 'Trace: of mine\n    at console.trace (shop.mjs:1:1)', ''],
      [9, 'log', 'log 0', ''],
    ],
  )
  assert.match(sent.stderr, /^Trace: a stack of mine\n {4}at file:.*console\.mjs:\d+:9\n/m)
})

for (const [value, events] of [
  ['logs', 0],
  ['logs/dup', 1],
] as const) {
  test(`exceptions are log records, and ${events === 0 ? 'not' : 'also'} events of spans: ${value}`, async (t) => {
    const sink = await startSink(t)
    const env = {
      ...sink.env,
      OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN: value,
    }
    const server = await start(t, 'logs/exceptions.mjs', { env })
    await (await fetch(`${server.url}/fail`)).arrayBuffer()
    await fetch(`${server.url}/crash`).catch(() => {})
    assert.equal((await server.exited).code, 1)
    const [failed, crashed] = await sink.settled()
    assert.deepEqual(
      sink.logs.map(({ eventName, severityNumber, severityText, attributes, traceId, spanId }) => [
        eventName,
        severityNumber,
        severityText,
        attributes['exception.type'],
        attributes['exception.message'],
        traceId,
        spanId,
      ]),
      [
        ['http.server.request.exception', 17, 'ERROR', 'RangeError', 'failed', failed?.traceId, failed?.spanId],
        ['exception', 21, 'FATAL', 'TypeError', 'crashed', crashed?.traceId, crashed?.spanId],
      ],
    )
    for (const span of [failed, crashed]) {
      assert.equal(span?.events.filter(({ name }) => name === 'exception').length, events)
      assert.equal(span?.status.code, 2)
    }
  })
}

test('a crash before any span is a log record, where exceptions are', async (t) => {
  const sink = await startSink(t)
  const env = {
    ...sink.env,
    OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN: 'logs',
  }
  assert.equal((await run('logs/exceptions.mjs', { env, args: ['at-once'] })).code, 1)
  await sink.settled()
  assert.deepEqual(
    sink.logs.map(({ eventName, attributes, traceId }) => [eventName, attributes['exception.message'], traceId]),
    [['exception', 'crashed', '']],
  )
})

test('records that wait arrive at every end of the process', async (t) => {
  for (const [end, code, bodies] of [
    ['return', 0, ['first']],
    ['exit', 3, ['first', 'last']],
    ['throw', 1, ['first']],
    ['signal', null, ['first']],
  ] as const) {
    const sink = await startSink(t)
    const { env } = sink
    const outcome = await run('logs/exit.mjs', { env, args: [end] })
    await sink.settled()
    assert.equal(outcome.code, code, end)
    assert.deepEqual(
      sink.logs.map(({ body }) => body),
      bodies,
      end,
    )
  }
})

function environment(sink: Sink, source: string): Record<string, string> {
  return { ...sink.env, AUTOSPAN_LOG_SOURCES: source }
}

/** What a server of test/apps/logs prints for one request, without what differs between runs, sorted. */
async function printedBy(server: Server): Promise<string[]> {
  await (await fetch(server.url)).arrayBuffer()
  const { stdout } = await server.stop()
  return stdout
    .replace(/^listening.*\n/m, '')
    .replaceAll(/"(trace_id|span_id)":"[0-9a-f]+"|"(pid|time)":("[^"]*"|\d+)/g, '')
    .split('\n')
    .sort()
}
