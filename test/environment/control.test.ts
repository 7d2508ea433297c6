import assert from 'node:assert/strict'
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { assertSignalledLikeBare } from '../exit/bare.js'
import { trace } from '../harness/draw.js'
import { temporaryFolder } from '../harness/folder.js'
import type { Owner } from '../harness/owner.js'
import { launch, type Program, run, type Server, start, told } from '../harness/program.js'
import { type Sink, startSink } from '../harness/sink.js'

test('libraries are switched off and on again by a file that comes, changes and goes', async (t) => {
  const { server, sink, path } = await controlled(t)
  assert.match(await ask(server, '/fetch'), /traceparent/)

  await writeFile(path, 'OTEL_NODE_DISABLED_INSTRUMENTATIONS=undici\n')
  await said(server, 'control.env: undici on -> off')
  assert.doesNotMatch(await ask(server, '/fetch'), /traceparent/)

  await writeFile(path, '# undici and http\nOTEL_NODE_ENABLED_INSTRUMENTATIONS = "express"\n')
  await said(server, 'control.env: http on -> off')
  assert.doesNotMatch(await ask(server, '/fetch'), /traceparent/)
  assert.doesNotMatch(await ask(server, '/get'), /traceparent/)

  await rm(path)
  await said(server, 'control.env is gone: undici off -> on')
  assert.match(await ask(server, '/fetch'), /traceparent/)
  const { stderr } = await server.stop()
  assert.equal(
    await sink.traces(8),
    trace`
      GET       SERVER 200
        GET     CLIENT 200
          GET   SERVER 200

      GET       SERVER 200

      GET       SERVER 200

      GET       SERVER 200
        GET     CLIENT 200
          GET   SERVER 200
    `,
  )
  assert.equal(linesOf(stderr).filter((line) => line.includes(': undici o')).length, 2)
})

test('sampling is changed, for tracers that are there too, and comes back', async (t) => {
  const { server, sink, path } = await controlled(t)
  assert.match(await ask(server, '/fetch'), /-03"/)
  await writeFile(path, 'OTEL_TRACES_SAMPLER=parentbased_traceidratio\nOTEL_TRACES_SAMPLER_ARG=0\n')
  await said(server, 'control.env: sampler parentbased_always_on -> parentbased_traceidratio 0')
  assert.match(await ask(server, '/fetch'), /-02"/)
  await writeFile(path, 'AUTOSPAN_SAMPLING_RULES=/fetch=0\n')
  await said(server, 'control.env: sampler parentbased_traceidratio 0 -> 1 rule, else parentbased_always_on')
  assert.match(await ask(server, '/fetch'), /-02"/)
  assert.match(await ask(server, '/get'), /-03"/)
  await writeFile(path, '')
  await said(server, 'control.env: sampler 1 rule, else parentbased_always_on -> parentbased_always_on')
  assert.match(await ask(server, '/fetch'), /-03"/)
  await server.stop()
  assert.equal((await sink.settled()).length, 9)
})

test('what the file says at the start counts from the start', async (t) => {
  const { server, sink } = await controlled(t, 'OTEL_TRACES_SAMPLER=always_off\nOTEL_LOG_LEVEL=debug\n')
  assert.match(await ask(server, '/fetch'), /-02"/)
  const { stderr } = await server.stop()
  assert.match(stderr, /control\.env: sampler parentbased_always_on -> always_off\n/)
  assert.match(stderr, /control\.env: log level info -> debug\n/)
  assert.equal((await sink.settled()).length, 0)
})

test('the log level falls after its own change was told, and rises before', async (t) => {
  const { server, path } = await controlled(t, 'OTEL_LOG_LEVEL=none\n')
  await writeFile(path, 'OTEL_LOG_LEVEL=info\n')
  await said(server, 'control.env: log level none -> info')
  const { stderr } = await server.stop()
  assert.match(stderr, /control\.env: log level info -> none\n/)
})

test('a bad value is one line, and what was set before goes on; what others are for is not shown', async (t) => {
  const { server, path } = await controlled(t, 'OTEL_TRACES_SAMPLER=always_off\n')
  await writeFile(
    path,
    [
      'OTEL_TRACES_SAMPLER=allways_on',
      'OTEL_LOG_LEVEL=loud',
      'OTEL_NODE_DISABLED_INSTRUMENTATIONS=pg,htpp',
      'OTEL_INSTRUMENTATION_PG_ENABLED=no',
      'OTEL_EXPORTER_OTLP_HEADERS=authorization=secret',
      'OTEL_LOGLEVEL=debug',
      'DATABASE_URL=postgres://shop:secret@db/shop',
      'API_KEY: secret',
      'OTEL_INSTRUMENTATION_EXPRESS_ENABLED=false',
    ].join('\r\n'),
  )
  await said(server, 'control.env: express on -> off')
  assert.match(await ask(server, '/fetch'), /-02"/)
  const { stderr } = await server.stop()
  const goesOn = 'what was set before goes on'
  assert.deepEqual(
    linesOf(stderr).filter((line) => /control\.env:\d/.test(line)),
    [
      `control.env:1 OTEL_TRACES_SAMPLER="allways_on" is not known (did you mean always_on?); ${goesOn}`,
      `control.env:2 OTEL_LOG_LEVEL="loud" is not known (known are none, error, warn, info, debug, verbose, all); ${goesOn}`,
      `control.env:3 OTEL_NODE_DISABLED_INSTRUMENTATIONS="pg,htpp" holds "htpp", which is not known (did you mean http?); ${goesOn}`,
      `control.env:4 OTEL_INSTRUMENTATION_PG_ENABLED="no" is neither true nor false; ${goesOn}`,
      'control.env:5 OTEL_EXPORTER_OTLP_HEADERS counts at the start only; it is ignored',
      'control.env:6 OTEL_LOGLEVEL is not known (did you mean OTEL_LOG_LEVEL?); it is ignored',
      'control.env:7 DATABASE_URL is not known; it is ignored',
      'control.env:8 is no NAME=value; it is ignored',
    ].map((line) => `autospan: ${line}`),
  )
  assert.doesNotMatch(stderr, /pg on|sampler always_off ->/)
})

test('a library that was disabled at the start is not hooked, and that is said', async (t) => {
  const env = { OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'undici' }
  const { server } = await controlled(t, 'OTEL_INSTRUMENTATION_UNDICI_ENABLED=true', env)
  assert.doesNotMatch(await ask(server, '/fetch'), /traceparent/)
  const { stderr } = await server.stop()
  assert.match(stderr, /control\.env: undici stays off: it was off at the start, and to hook it takes another start\n/)
})

test('what only measures is not switched, and that is said', async (t) => {
  const { server } = await controlled(t, 'OTEL_INSTRUMENTATION_RUNTIME_NODE_ENABLED=false')
  const { stderr } = await server.stop()
  assert.match(
    stderr,
    /control\.env: runtime-node stays on: it only measures, which begins and ends with the program\n/,
  )
})

test('a file that is swapped as Kubernetes does it is noticed', async (t) => {
  const folder = temporaryFolder(t)
  const publish = async (version: string, text: string): Promise<void> => {
    await mkdir(join(folder, version))
    await writeFile(join(folder, version, 'control.env'), text)
    await symlink(version, join(folder, '..data_tmp'))
    await rename(join(folder, '..data_tmp'), join(folder, '..data'))
  }
  await publish('..1', 'OTEL_TRACES_SAMPLER=always_on\n')
  await symlink('..data/control.env', join(folder, 'control.env'))
  const server = await start(t, 'http/relay.cjs', { env: environment(join(folder, 'control.env')) })
  await publish('..2', 'OTEL_TRACES_SAMPLER=always_off\n')
  await said(server, 'control.env: sampler always_on -> always_off')
  assert.match(await ask(server, '/fetch'), /-02"/)
  await server.stop()
})

test('what cannot be read is said, and changes nothing', async (t) => {
  const folder = temporaryFolder(t)
  const { stderr, code } = await run('boot/plain.mjs', { env: environment(folder) })
  assert.equal(code, 0)
  const told = linesOf(stderr).filter((line) => line.includes('control file'))
  assert.deepEqual(told, [`autospan: the control file ${folder} is no file; what was set before goes on`])
})

test('a program that has nothing more to do ends, watched or not', async (t) => {
  const path = join(temporaryFolder(t), 'control.env')
  const outcome = await run('boot/plain.mjs', {
    env: { ...environment(path), AUTOSPAN_CONTROL_SIGNAL: 'SIGUSR2' },
    timeoutMillis: 10_000,
  })
  assert.equal(outcome.code, 0)
  assert.deepEqual(linesOf(outcome.stderr).slice(1), [])
})

test('worker threads and other processes of a cluster are switched too', async (t) => {
  for (const app of ['control/thread.cjs', 'control/cluster.cjs']) {
    const { server, sink, path } = await controlled(t, undefined, { OTEL_LOG_LEVEL: 'debug' }, app)
    await ask(server, '/')
    await writeFile(path, 'OTEL_NODE_DISABLED_INSTRUMENTATIONS=http\n')
    await server.printed(/(http on -> off[\s\S]*){2}/, { on: 'stderr' })
    await ask(server, '/bye')
    const outcome = await server.end(10_000)
    assert.equal(outcome.code, 0)
    assert.equal((await sink.settled()).length, 1, told(outcome))
  }
})

const SIGNAL = { AUTOSPAN_CONTROL_SIGNAL: 'SIGUSR2' }

test('without a file the signal turns the log level to debug and back, in worker threads too', async (t) => {
  const server = await start(t, 'control/thread.cjs', { env: { ...environment(undefined), ...SIGNAL } })
  server.signal('SIGUSR2')
  await server.printed(/(SIGUSR2: log level info -> debug[\s\S]*){2}/, { on: 'stderr' })
  server.signal('SIGUSR2')
  await server.printed(/(SIGUSR2: log level debug -> info[\s\S]*){2}/, { on: 'stderr' })
  await server.stop()
})

test('with a file the signal has it looked at, and the start is not forgotten', async (t) => {
  const { server, path } = await controlled(t, '', { AUTOSPAN_CONTROL_SIGNAL: 'SIGURG' })
  await writeFile(path, 'OTEL_TRACES_SAMPLER=always_off\n')
  server.signal('SIGURG')
  await said(server, 'control.env: sampler parentbased_always_on -> always_off')
  const { stderr } = await server.stop()
  assert.equal(linesOf(stderr).filter((line) => line.includes('sampler parent')).length, 2)
})

for (const HANDLER of [
  'one that closes the server',
  'one that exits',
  'one that raises it again',
  'one that raises it again later',
  'one that ends the process where nobody else does',
  'one that was added where nobody listened',
]) {
  test(`a program that listens to the control signal itself does as ever: ${HANDLER}`, async (t) => {
    const env = { ...environment(undefined), ...SIGNAL, OTEL_LOG_LEVEL: 'none' }
    await assertSignalledLikeBare(t, { ...env, HANDLER, SIGNAL: 'SIGUSR2' })
  })
}

test('a program that listens to the control signal itself is told of it, and so is the agent', async (t) => {
  const env = { ...environment(undefined), ...SIGNAL, HANDLER: 'one that closes the server', SIGNAL: 'SIGUSR2' }
  const program = launch(t, 'exit/signalled.cjs', { env })
  await program.printed(/ready/)
  program.signal('SIGUSR2')
  const { stdout, stderr, code } = await program.end(10_000)
  assert.match(stdout, /closing by SIGUSR2 12/)
  assert.match(stderr, /SIGUSR2: log level info -> debug/)
  assert.equal(code, 0)
})

for (const HANDLER of ['none', 'one that was taken away', 'one that was taken away with all others']) {
  test(`a program that does not listen to the control signal goes on: ${HANDLER}`, async (t) => {
    const env = { ...environment(undefined), ...SIGNAL, HANDLER, SIGNAL: 'SIGUSR2' }
    const program = launch(t, 'exit/signalled.cjs', { env })
    await program.printed(/ready/)
    program.signal('SIGUSR2')
    await said(program, 'SIGUSR2: log level info -> debug')
    program.signal('SIGUSR2')
    await said(program, 'SIGUSR2: log level debug -> info')
    program.signal('SIGTERM')
    assert.equal((await program.end(10_000)).signal, 'SIGTERM')
  })
}

interface Controlled {
  readonly server: Server
  readonly sink: Sink
  /** Of the control file. */
  readonly path: string
}

/** A server with a control file, which holds `text` at the start, or is not there yet. */
async function controlled(
  owner: Owner,
  text?: string,
  env: Readonly<Record<string, string>> = {},
  app = 'http/relay.cjs',
): Promise<Controlled> {
  const sink = await startSink(owner)
  const path = join(temporaryFolder(owner), 'control.env')
  if (text !== undefined) await writeFile(path, text)
  const server = await start(owner, app, {
    env: { ...sink.env, OTEL_METRICS_EXPORTER: 'none', AUTOSPAN_CONTROL_FILE: path, ...env },
  })
  return { server, sink, path }
}

/** That of a program of which nothing is delivered. */
function environment(path: string | undefined): Readonly<Record<string, string>> {
  const file: Readonly<Record<string, string>> = path === undefined ? {} : { AUTOSPAN_CONTROL_FILE: path }
  return { OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none', ...file }
}

async function ask(server: Server, path: string): Promise<string> {
  return (await fetch(server.url + path)).text()
}

async function said(program: Program, text: string): Promise<void> {
  await program.printed(new RegExp(text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')), { on: 'stderr' })
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '')
}
