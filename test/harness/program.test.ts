import assert from 'node:assert/strict'
import { test } from 'node:test'
import { trace } from './draw.js'
import { sampleRequest } from './otlp-sample.js'
import { owning } from './owner.js'
import { launch, root, run, type Server, start, traceOf } from './program.js'

test('a program sees a clean environment and its own', async () => {
  process.env.OTEL_SERVICE_NAME = 'leaked'
  const { stdout } = await run('harness/environment.mjs', { agent: false, env: { MINE: '1' }, args: ['--a', 'b'] })
  delete process.env.OTEL_SERVICE_NAME
  const { env, args, flags } = JSON.parse(stdout)
  assert.deepEqual(Object.keys(env).sort(), ['HOME', 'MINE', 'PATH'])
  assert.deepEqual(args, ['--a', 'b'])
  assert.deepEqual(flags, [])
})

test('the program runs on the Node.js that runs the test, or on the given one', async () => {
  const node = process.env.AUTOSPAN_TEST_NODE ?? process.execPath
  const { stdout } = await run('harness/environment.mjs', { agent: false })
  assert.equal(JSON.parse(stdout).node, node)
  const missing = await run('harness/environment.mjs', { agent: false, node: '/nowhere/node' })
  assert.match(missing.stderr, /cannot be started.*ENOENT/)
})

test('flags of Node.js come before the program', async () => {
  const { stdout } = await run('harness/environment.mjs', { agent: false, nodeFlags: ['--no-warnings'] })
  assert.deepEqual(JSON.parse(stdout).flags, ['--no-warnings'])
})

for (const { how, code, signal } of [
  { how: '0', code: 0, signal: null },
  { how: '3', code: 3, signal: null },
  { how: 'SIGTERM', code: null, signal: 'SIGTERM' },
]) {
  test(`the end ${how} is told, with all output`, async () => {
    const { millis, ...outcome } = await run('harness/ending.cjs', { agent: false, args: [how] })
    assert.deepEqual(outcome, { stdout: 'out\n', stderr: 'err\n', code, signal })
    assert.ok(millis > 0)
  })
}

test('a program that does not end is killed and fails with what it said', async () => {
  await assert.rejects(
    run('harness/ending.cjs', { agent: false, args: ['never'], timeoutMillis: 2000 }),
    /harness\/ending\.cjs had not ended after 2000 ms and was killed.*stdout:\nout\n.*stderr:\nerr\n/s,
  )
})

test('a server is started, asked and stopped', async (t) => {
  const server = await start(t, 'harness/server.mjs', { agent: false })
  assert.equal(await (await fetch(`${server.url}/x`)).text(), 'hello')
  await server.printed(/GET \/x/)
  const { code, stdout } = await server.stop()
  assert.equal(code, 0)
  assert.equal(stdout, `listening ${server.port}\nGET /x\nstopping\n`)
})

test('a server that outlives the signal is killed and fails', async (t) => {
  const server = await start(t, 'harness/server.mjs', { agent: false, env: { STUBBORN: '1' } })
  await assert.rejects(server.stop('SIGTERM', 1000), /had not ended after 1000 ms.*stopping/s)
  assert.equal((await server.exited).signal, 'SIGKILL')
})

test('a program that ends before it listens fails with what it said', async (t) => {
  await assert.rejects(
    start(t, 'harness/ending.cjs', { agent: false, args: ['3'] }),
    /did not print .*listening.* before it ended with code 3.*stderr:\nerr\n/s,
  )
})

test('whatever a test has started is gone after it, also when it fails', async () => {
  let server: Server | undefined
  const failing = owning(async (owner) => {
    server = await start(owner, 'harness/server.mjs', { agent: false })
    throw new Error('the test fails')
  })
  await assert.rejects(failing, /the test fails/)
  assert.equal((await server?.exited)?.signal, 'SIGKILL')
})

test('output is waited for until time is over', async (t) => {
  const program = launch(t, 'harness/ending.cjs', { agent: false, args: ['never'] })
  assert.equal((await program.printed(/e(r+)/, { on: 'stderr' }))[1], 'rr')
  await assert.rejects(program.printed(/never said/, { timeoutMillis: 1 }), /did not print .* before 1 ms were over/)
})

test('the trace of a program is what it has posted until its end', async () => {
  assert.equal(
    await traceOf('harness/post.mjs', { POST: sampleRequest('first', 'second') }, { agent: false }),
    trace`
      first SERVER
      second SERVER
    `,
  )
})

test('the trace of a program that posts nonsense is a failure', async () => {
  await assert.rejects(traceOf('harness/post.mjs', { POST: '{}1' }, { agent: false }), /violations of OTLP/)
})

test('the trace of a program that ends with another code is a failure', async () => {
  const traced = traceOf('harness/ending.cjs', {}, { agent: false, args: ['3'], code: 4 })
  await assert.rejects(traced, /ended with code 3.*not with code 4/s)
})

test('a server is asked for its trace and stopped', async () => {
  const requests = ['/a', { path: '/b', method: 'POST', body: 'x' }]
  assert.equal(await traceOf('harness/server.mjs', {}, { agent: false, requests }), trace`(no spans)`)
})

for (const owner of ['test', 'file']) {
  test(`a violation fails a ${owner} that asserts nothing, and what it has started is gone`, async () => {
    const { code, stdout } = await run('harness/careless.mjs', { agent: false, args: [owner] })
    assert.match(stdout, /violations of OTLP:\s+path \/ instead of \/v1\/traces/)
    assert.equal(code, 1)
    const [, pid] = /^(?:# )?started (\d+)$/m.exec(stdout) ?? []
    assert.throws(() => process.kill(Number(pid), 0), { code: 'ESRCH' })
  })
}

test('the root is the project, not its compiled copy', () => {
  assert.doesNotMatch(root, /dist$/)
})
