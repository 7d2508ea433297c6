import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { drawTraces, trace } from '../harness/draw.js'
import { temporaryFolder } from '../harness/folder.js'
import { atEnd, type Owner } from '../harness/owner.js'
import { launch, root, run, told } from '../harness/program.js'
import { startSink } from '../harness/sink.js'

const app = 'foreign/shop.cjs'
const preload = (name: string) => ['--require', join(root, 'test/apps/foreign', name)]

const FIRST =
  'autospan: another OpenTelemetry SDK has started before; the spans that the program makes itself go there, those of autospan go their own way: one of the two is enough\n'
const SECOND =
  'autospan: the program has registered an OpenTelemetry SDK after autospan: spans and metrics that are made through the API go where those of autospan go, and none to that SDK; one of the two is enough\n'
const DOUBLES =
  'autospan: spans and metrics of @opentelemetry/instrumentation-http are left out, for autospan makes the same; OTEL_NODE_DISABLED_INSTRUMENTATIONS=http has theirs instead\n'

const WHOLE = trace`
  GET       CLIENT   200
    GET     SERVER   200
      price INTERNAL
`

for (const [title, options, expected] of [
  [
    'an SDK that is registered after the agent gets nothing, and all is in one trace',
    { args: ['./sdk.cjs'] },
    { drawn: WHOLE, stdout: 'the SDK has nothing\n', said: SECOND },
  ],
  [
    'an SDK that was registered before keeps the spans of the program, and the agent its own',
    { nodeFlags: preload('sdk.cjs') },
    {
      drawn: trace`
        GET     CLIENT 200
          GET   SERVER 200
      `,
      stdout: 'the SDK has price\n',
      said: FIRST,
    },
  ],
  [
    'a package that traces http for OpenTelemetry doubles no span, and takes no patch of the agent away',
    { args: ['./instrumented.cjs'] },
    { drawn: WHOLE, stdout: '', said: DOUBLES },
  ],
  [
    'an SDK with such a package, after the agent: one trace',
    { args: ['./sdk.cjs', './instrumented.cjs'] },
    { drawn: WHOLE, stdout: 'the SDK has nothing\n', said: SECOND + DOUBLES },
  ],
  [
    'an SDK with such a package, before the agent: each has its spans once',
    { nodeFlags: [...preload('sdk.cjs'), ...preload('instrumented.cjs')] },
    {
      drawn: trace`
        GET     CLIENT 200
          GET   SERVER 200
      `,
      stdout: 'the SDK has price,GET,GET\n',
      said: FIRST,
    },
  ],
  [
    'a package has its own spans where the agent leaves the library to it',
    { args: ['./instrumented.cjs'], env: { OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'http' } },
    {
      drawn: trace`
        GET         CLIENT   200
          GET       SERVER   200
            price   INTERNAL
      `,
      stdout: '',
      said: '',
    },
  ],
] as const) {
  test(title, async (t) => {
    const sink = await startSink(t)
    const env = { ...sink.env, OTEL_LOG_LEVEL: 'warn', ...('env' in options && options.env) }
    const outcome = await run(app, { ...options, env })
    assert.equal(outcome.code, 0, told(outcome))
    assert.deepEqual([outcome.stderr, outcome.stdout], [expected.said, expected.stdout])
    assert.equal(drawTraces(await sink.settled()), expected.drawn)
  })
}

for (const [title, env, scope, said] of [
  [
    'doubles no record that the agent sends',
    { AUTOSPAN_LOG_SOURCES: 'pino' },
    'autospan/pino',
    'autospan: log records of @opentelemetry/instrumentation-pino are left out, for autospan makes the same; OTEL_NODE_DISABLED_INSTRUMENTATIONS=pino has theirs instead\n',
  ],
  ['sends what the agent does not', {}, '@opentelemetry/instrumentation-pino', ''],
] as const) {
  test(`a package that sends the records of pino for OpenTelemetry ${title}`, async (t) => {
    const sink = await startSink(t)
    const outcome = await run('foreign/records.cjs', { env: { ...sink.env, OTEL_LOG_LEVEL: 'warn', ...env } })
    assert.deepEqual([outcome.code, outcome.stderr], [0, said])
    await sink.settled()
    assert.deepEqual(
      sink.logs.map(({ scope, body }) => [scope.name, body]),
      [[scope, 'sold']],
    )
  })
}

for (const [title, env, scope] of [
  ['doubles no metric', {}, 'autospan/http'],
  [
    'has its own metrics where the agent leaves the library to it',
    { OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'http' },
    '@opentelemetry/instrumentation-http',
  ],
] as const) {
  test(`a package that measures http for OpenTelemetry ${title}`, async (t) => {
    const sink = await startSink(t)
    const outcome = await run(app, { args: ['./instrumented.cjs'], env: { ...sink.env, ...env } })
    assert.equal(outcome.code, 0, told(outcome))
    await sink.settled()
    const durations = sink.metrics.filter(({ name }) => name === 'http.server.request.duration')
    assert.deepEqual(
      durations.map(({ scope, points }) => [scope.name, points.map(({ count }) => count)]),
      [[scope, [1]]],
    )
  })
}

for (const [title, env, expected] of [
  ['after the agent gets nothing, and that is said', {}, { has: 'nothing', sum: 3, said: SECOND }],
  ['has them where the agent makes none', { OTEL_METRICS_EXPORTER: 'none' }, { has: '3', sum: undefined, said: '' }],
] as const) {
  test(`a meter provider that is registered ${title}`, async (t) => {
    const sink = await startSink(t)
    const { stdout, stderr } = await run('foreign/meters.cjs', { env: { ...sink.env, OTEL_LOG_LEVEL: 'warn', ...env } })
    await sink.settled()
    assert.deepEqual([stdout, stderr], [`its own provider has ${expected.has}\n`, expected.said])
    assert.equal(sink.metric('shop.orders')?.points[0]?.value, expected.sum)
  })
}

test('a program that takes the provider of the API for that of its SDK has the agent deliver, and go on', async (t) => {
  const sink = await startSink(t)
  const program = launch(t, 'foreign/delegate.cjs', { env: { ...sink.env, OTEL_BSP_SCHEDULE_DELAY: '60000' } })
  await program.printed(/^delivered$/m)
  assert.deepEqual(
    sink.delivered.map(({ name }) => name),
    ['one', 'two'],
  )
  program.signal('SIGTERM')
  await program.exited
  assert.deepEqual(
    (await sink.settled()).map(({ name }) => name),
    ['one', 'two', 'three'],
  )
})

test('a program that takes the providers of meters and loggers for those of its SDK has the agent deliver, and go on', async (t) => {
  const sink = await startSink(t)
  const env = { ...sink.env, OTEL_BLRP_SCHEDULE_DELAY: '60000' }
  const program = launch(t, 'foreign/deliver.mjs', { env })
  const toldOf = (name: string) => sink.metric(name)?.points[0]?.value
  const told = () => [toldOf('shop.orders'), toldOf('shop.stock'), sink.logs.map(({ body }) => body).join()]
  await program.printed(/^delivered$/m)
  assert.deepEqual(told(), [2, 7, 'one,two'])
  program.signal('SIGTERM')
  await program.exited
  await sink.settled()
  assert.deepEqual(told(), [3, 7, 'one,two,three'])
})

test('what is observed is delivered whenever a program asks for it, and at the end', async (t) => {
  const sink = await startSink(t)
  const { code } = await run('foreign/observing.mjs', { env: { ...sink.env } })
  await sink.settled()
  assert.equal(code, 0)
  assert.deepEqual(
    sink.metrics.flatMap(({ points }) => points.map(({ value }) => value)),
    [1, 2, 3],
  )
})

test('what an SDK that was registered before the agent posts to its backend is not traced', async (t) => {
  const posted: string[] = []
  const backend = createServer(async (request, response) => {
    posted.push(await text(request))
    response.end()
  }).listen(0, '127.0.0.1')
  atEnd(t, async () => {
    backend.close()
    backend.closeAllConnections()
  })
  await once(backend, 'listening')
  const sink = await startSink(t)
  const env = { ...sink.env, BACKEND: `http://127.0.0.1:${(backend.address() as AddressInfo).port}` }
  const outcome = await run(app, { nodeFlags: preload('posting-sdk.cjs'), env })
  assert.equal(outcome.code, 0, told(outcome))
  assert.deepEqual(posted, ['price', 'price'])
  assert.equal(
    drawTraces(await sink.settled()),
    trace`
      GET   CLIENT 200
        GET SERVER 200
    `,
  )
})

const BOTH = 'it and autospan trace each request, each for its own backend; one of the two is enough'

for (const [name, advice] of [
  ['dd-trace', BOTH],
  ['newrelic', BOTH],
  ['elastic-apm-node', BOTH],
  ['applicationinsights', BOTH],
  ['@sentry/node', 'errors go to Sentry as before, what it traces'],
] as const) {
  test(`${name} in the process is said in one line`, async (t) => {
    const said = await saidBeside(t, `node_modules/${name}/index.js`, '')
    assert.equal(said.length, 1, said.join('\n'))
    assert.ok(said[0]?.startsWith(`autospan: ${name} is in the process too: ${advice}`), said[0])
  })
}

for (const [name, source] of [
  ['dd-trace', `globalThis[Symbol.for('dd-trace')] = {}`],
  ['@sentry/node', 'globalThis.__SENTRY__ = {}'],
] as const) {
  test(`${name} in a bundle is said in one line`, async (t) => {
    const [line = '', ...more] = await saidBeside(t, 'bundle.js', source)
    assert.deepEqual([line.split(':')[1], more], [` ${name} is in the process too`, []])
  })
}

test('nothing is said of packages that only have such a name in theirs', async (t) => {
  assert.deepEqual(await saidBeside(t, 'node_modules/dd-trace-types/index.js', ''), [])
  assert.deepEqual(await saidBeside(t, 'node_modules/@sentry/node-core-types/index.js', ''), [])
})

/** The lines of the agent while a program runs that has loaded a file. */
async function saidBeside(owner: Owner, path: string, source: string): Promise<string[]> {
  const folder = temporaryFolder(owner)
  const file = join(folder, path)
  await mkdir(join(file, '..'), { recursive: true })
  await writeFile(file, source)
  const env = { OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none', OTEL_LOG_LEVEL: 'warn' }
  const outcome = await run(app, { args: [file], env })
  assert.deepEqual([outcome.code, outcome.stdout], [0, ''], told(outcome))
  return outcome.stderr.split('\n').filter((line) => line !== '')
}
