import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SecretKind } from '../../src/config/config.js'
import { ROOT_CONTEXT } from '../../src/context/context.js'
import { Redactor } from '../../src/redaction.js'
import { SharedAttributes } from '../../src/trace/attributes.js'
import { run, start } from '../harness/program.js'
import { startSink } from '../harness/sink.js'
import { attributesOf, recordingTracer } from '../trace/tracing.js'

const NOTHING = { values: [], attributes: [], queryKeys: [] }

for (const [kind, text, expected] of [
  ['bearer', 'Authorization: Bearer abcDEF123.-_=', 'Authorization: Bearer [REDACTED]'],
  ['bearer', 'the bearer of news', 'the bearer of news'],
  ['jwt', 'got eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl!', 'got [REDACTED]!'],
  ['jwt', 'eyJ.a.b', 'eyJ.a.b'],
  ['jwt', 'cut: eyJhbGciOi.eyJzdWIiOi', 'cut: [REDACTED]'],
  ['card', 'paid by 4111 1111 1111 1111.', 'paid by [REDACTED].'],
  ['card', '4111-1111-1111-1111', '[REDACTED]'],
  ['card', '4111111111111112', '4111111111111112'],
  ['card', 'order 1234567890123456', 'order 1234567890123456'],
  ['card', '00000000-0000-0000', '00000000-0000-0000'],
  ['email', 'to <a.b+c@mail.example.com>, at once', 'to <[REDACTED]>, at once'],
  ['email', 'npm i lib@1', 'npm i lib@1'],
] as const) {
  test(`${kind} makes of ${text}: ${expected}`, () => {
    const redactor = new Redactor({ ...NOTHING, values: [kind as SecretKind] })
    const { tracer, ended } = recordingTracer()
    const span = tracer.startSpan('span', { attributes: { text, list: ['a', text], number: 1 } })
    span.addEvent(text, { text })
    span.setStatus({ code: 2, message: text })
    span.end()
    const redacted = redactor.span(ended[0]!)
    assert.deepEqual(attributesOf(redacted.attributes), { text: expected, list: ['a', expected], number: 1 })
    assert.deepEqual(redacted.events?.[0]?.attributes, ['text', expected])
    assert.equal(redacted.events?.[0]?.name, expected)
    assert.equal(redacted.statusMessage, expected)
  })
}

for (const [what, value, expected] of [
  ['a card of 16 digits', 4111111111111111, '[REDACTED]'],
  ['one of 15', 378282246310005, '[REDACTED]'],
  ['one of 14', 30569309025904n, '[REDACTED]'],
  ['another check digit', 4111111111111112, 4111111111111112],
  ['a time in milliseconds that checks', 1732345678905, 1732345678905],
  ['a time in microseconds that checks', 1732345678901234, 1732345678901234],
  ['what is no whole number', 4111111111.111111, 4111111111.111111],
  ['below zero', -4111111111111111, -4111111111111111],
] as const) {
  test(`card makes of a number, ${what}: ${expected}`, () => {
    const redactor = new Redactor({ ...NOTHING, values: ['card'] })
    assert.deepEqual(redactor.attributes(['card', value, 'list', [value]]), ['card', expected, 'list', [expected]])
    const others = ['card', 4111111111111111]
    assert.equal(new Redactor({ ...NOTHING, values: ['email'] }).attributes(others), others)
  })
}

test('no text takes longer than its length, one that is made against a pattern neither', () => {
  const redactor = new Redactor({ ...NOTHING, values: ['bearer', 'jwt', 'card', 'email'] })
  for (const part of ['eyJ-', 'bearer ', '1-', '1 ', 'a.', 'a@']) {
    const attributes = ['text', part.repeat(1_000_000 / part.length)]
    assert.ok(redactor.attributes(attributes) === attributes, part)
  }
})

test('attributes go by name, in maps and log records too', () => {
  const redactor = new Redactor({ ...NOTHING, attributes: ['user.*', '*.password', 'Secret'] })
  const record = redactor.log({
    attributes: ['user.id', 7, 'db.password', 'x', 'passwords', 'y', 'map', { secret: 'z', open: 1 }],
    body: { secret: ['a'], open: ['b'] },
  } as never)
  assert.deepEqual(attributesOf(record.attributes), {
    'user.id': '[REDACTED]',
    'db.password': '[REDACTED]',
    passwords: 'y',
    map: { secret: '[REDACTED]', open: 1 },
  })
  assert.deepEqual(record.body, { secret: '[REDACTED]', open: ['b'] })
})

test('what spans share is not changed for others, and stays shared where nothing is redacted', () => {
  const { tracer, ended } = recordingTracer()
  const shared = new SharedAttributes(['user.id', 'a', 'other', 'b'])
  for (const name of ['first', 'second']) {
    tracer.start(name, 0, ROOT_CONTEXT, () => ['own', 1], undefined, shared).end()
  }
  const redacted = new Redactor({ ...NOTHING, attributes: ['user.id'] }).span(ended[0]!)
  assert.deepEqual(attributesOf(redacted.attributes), { 'user.id': '[REDACTED]', other: 'b', own: 1 })
  assert.equal(redacted.shared, undefined)
  assert.deepEqual(shared.list, ['user.id', 'a', 'other', 'b'])
  assert.equal(new Redactor({ ...NOTHING, attributes: ['nothing'] }).span(ended[1]!).shared, shared)
})

test('AUTOSPAN_REDACT_* hold for what the agent itself tells', async (t) => {
  const sink = await startSink(t)
  const server = await start(t, 'http/server.mjs', {
    env: {
      ...sink.env,
      AUTOSPAN_REDACT_QUERY_KEYS: 'API_KEY,session',
      AUTOSPAN_REDACT_ATTRIBUTES: 'client.address,user_agent.*',
      AUTOSPAN_REDACT_VALUES: 'email',
    },
  })
  await (await fetch(`${server.url}/hello?api_key=s3cret&a=b&Session=s3cret&to=a@b.example`)).text()
  const { stderr } = await server.stop()
  assert.equal(stderr.trimEnd().split('\n').length, 1, stderr)
  const [span] = await sink.spans(1)
  assert.equal(span?.attributes['url.query'], 'api_key=REDACTED&a=b&Session=REDACTED&to=[REDACTED]')
  assert.equal(span?.attributes['client.address'], '[REDACTED]')
  assert.equal(span?.attributes['user_agent.original'], '[REDACTED]')
  assert.equal(span?.attributes['url.path'], '/hello')
})

test('AUTOSPAN_REDACT_* hold for attributes and texts of all signals, and of the resource', async (t) => {
  const sink = await startSink(t)
  await run('logs/secrets.mjs', {
    env: {
      ...sink.env,
      OTEL_RESOURCE_ATTRIBUTES: 'user.team=Ann and Bob,note=Bearer abcdef123456,card=4111111111111111,plain=kept',
      AUTOSPAN_REDACT_ATTRIBUTES: 'user.*',
      AUTOSPAN_REDACT_VALUES: 'bearer,card',
    },
  })
  const spans = await sink.settled()
  assert.deepEqual([spans.length, sink.logs.length], [2, 1])
  const all = JSON.stringify([spans, sink.metrics, sink.logs], (_, value) => (typeof value === 'bigint' ? 0 : value))
  assert.doesNotMatch(all, /abcdef123456|4111|Ann|Bob/)
  const points = (name: string) => sink.metric(name)?.points.map(({ value, attributes }) => [Number(value), attributes])
  // What is told apart by nothing but a secret is one.
  assert.deepEqual(points('payments'), [[2, { 'user.name': '[REDACTED]', by: 'Bearer [REDACTED]' }]])
  assert.deepEqual(points('seen'), [[3, { 'user.name': '[REDACTED]' }]])
  const shown = { 'user.team': '[REDACTED]', note: 'Bearer [REDACTED]', card: '[REDACTED]', plain: 'kept' }
  const { resource = {} } = sink.metric('payments') ?? {}
  for (const seen of [spans[0]?.resource, sink.logs[0]?.resource, resource]) {
    assert.deepEqual({ ...seen, ...shown }, seen)
  }
  const paid = spans.find(({ name }) => name === 'pay [REDACTED]')
  assert.equal(paid?.status.message, 'refused Bearer [REDACTED]')
  assert.equal(
    paid?.events.find(({ name }) => name === 'exception')?.attributes['exception.message'],
    'no card [REDACTED]',
  )
})
