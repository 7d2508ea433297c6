import assert from 'node:assert/strict'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { drawTraces, trace } from '../harness/draw.js'
import { temporaryFolder } from '../harness/folder.js'
import { file } from '../harness/owner.js'
import { startWire } from '../harness/postgres-wire.js'
import { root, run, told } from '../harness/program.js'
import { startSink } from '../harness/sink.js'

/** Forms of an import that leaves `it`, the default export, to the program. */
const FORMS = {
  default: (name: string) => `import it from '${name}'`,
  namespace: (name: string) => `import * as all from '${name}'; const it = all.default`,
  named: (name: string) => `import { default as it } from '${name}'`,
  dynamic: (name: string) => `const { default: it } = await import('${name}')`,
  required: (name: string) =>
    `import { createRequire } from 'node:module'; const it = createRequire(import.meta.url)('${name}')`,
}

const LISTEN = `
  import { once } from 'node:events'
  async function serve(server) {
    await once(server, 'listening')
    await (await fetch('http://127.0.0.1:' + server.address().port + '/users/7')).text()
    server.close()
    server.closeAllConnections()
  }`
const ROUTED = trace`
  GET              CLIENT 200
    GET /users/:id SERVER 200
`
const SERVED = trace`
  GET   CLIENT 200
    GET SERVER 200
`
const QUERIED = trace`
  SELECT CLIENT
`
const LOGGED = trace`
  work INTERNAL
`
const inSpan = (logs: string): string =>
  `import { trace } from '@opentelemetry/api'; trace.getTracer('shop').startActiveSpan('work', (span) => { ${logs}; span.end() })`

/** What a program does with each library, and what shows that it is patched: spans, and a line on stdout. */
const LIBRARIES: Readonly<Record<string, { readonly use: string; readonly drawn: string; readonly stdout?: RegExp }>> =
  {
    express: {
      use: `${LISTEN}; const app = it(); app.get('/users/:id', (q, r) => r.send('x')); await serve(app.listen(0, '127.0.0.1'))`,
      drawn: ROUTED,
    },
    fastify: {
      use: `${LISTEN}; const app = it(); app.get('/users/:id', async () => 'x'); await app.listen({ port: 0, host: '127.0.0.1' }).catch(() => {}); const { port } = app.server.address(); await (await fetch('http://127.0.0.1:' + port + '/users/7')).text(); await app.close()`,
      drawn: ROUTED,
    },
    koa: {
      use: `${LISTEN}; import Router from '@koa/router'; const router = new Router(); router.get('/users/:id', (c) => { c.body = 'x' }); await serve(new it().use(router.routes()).listen(0, '127.0.0.1'))`,
      drawn: ROUTED,
    },
    pg: {
      use: `const client = new it.Client({ connectionString: process.env.DATABASE_URL }); await client.connect(); await client.query('SELECT a'); await client.end()`,
      drawn: QUERIED,
    },
    'pg-pool': {
      use: `const pool = new it({ connectionString: process.env.DATABASE_URL }); await pool.query('SELECT a'); await pool.end()`,
      drawn: QUERIED,
    },
    'pg-cursor': {
      use: `import pg from 'pg'; const client = new pg.Client({ connectionString: process.env.DATABASE_URL }); await client.connect(); const cursor = client.query(new it('SELECT a')); await cursor.read(9); await cursor.close(); await client.end()`,
      drawn: QUERIED,
    },
    undici: {
      use: `import { once } from 'node:events'; import { createServer } from 'node:http'; const server = createServer((q, r) => r.end('x')).listen(0, '127.0.0.1'); await once(server, 'listening'); await (await it.request('http://127.0.0.1:' + server.address().port)).body.text(); server.close(); server.closeAllConnections()`,
      drawn: SERVED,
    },
    pino: { use: inSpan(`it().info('x')`), drawn: LOGGED, stdout: /"trace_id":"[0-9a-f]{32}"/ },
    winston: {
      use: inSpan(
        `it.createLogger({ transports: [new it.transports.Console({ format: it.format.json() })] }).info('x')`,
      ),
      drawn: LOGGED,
      stdout: /"trace_id":"[0-9a-f]{32}"/,
    },
    bunyan: {
      use: inSpan(`it.createLogger({ name: 'x' }).info('x')`),
      drawn: LOGGED,
      stdout: /"trace_id":"[0-9a-f]{32}"/,
    },
  }

/** Those that a program may have beside each other: none of them loads another, which would be no import of the program's. */
const TOGETHER = [
  ['express', 'koa', 'pg', 'undici', 'pino', 'winston'],
  ['fastify', 'pg-pool', 'bunyan'],
  ['pg-cursor'],
]

const folder = temporaryFolder(file)
await mkdir(join(folder, 'node_modules'))
const installed = (name: string) => join(root, 'node_modules', name === 'undici' ? 'undici7' : name)
for (const name of [...Object.keys(LIBRARIES), '@opentelemetry', '@koa']) {
  await symlink(installed(name), join(folder, 'node_modules', name), 'junction')
}
const wire = await startWire(file)

test('all libraries have a place', () => {
  assert.deepEqual(TOGETHER.flat().sort(), Object.keys(LIBRARIES).sort())
})

for (const names of TOGETHER) {
  for (const [form, load] of Object.entries(FORMS)) {
    test(`${names.join(', ')} by ${form} import ${names.length === 1 ? 'is' : 'are'} patched`, async (t) => {
      const libraries = names.map((name) => LIBRARIES[name] ?? assert.fail(name))
      let app = ''
      for (const [i, { use }] of libraries.entries()) {
        // One after the other.
        const before = app === '' ? '' : `import ${JSON.stringify(app)}\n`
        app = join(folder, `${names[i]}-${form}.mjs`)
        await writeFile(app, `${before}${load(String(names[i]))}\n${use}\n`)
      }
      const sink = await startSink(t)
      const env = { DATABASE_URL: wire, ...sink.env, OTEL_LOG_LEVEL: 'warn' }
      const outcome = await run(app, { nodeFlags: ['--throw-deprecation'], env })
      assert.deepEqual([outcome.code, outcome.stderr], [0, ''], told(outcome))
      const expected = libraries.flatMap(({ stdout }) => stdout ?? [])
      const lines = outcome.stdout.split('\n').slice(0, -1)
      assert.equal(lines.length, expected.length, outcome.stdout)
      for (const [i, pattern] of expected.entries()) assert.match(lines[i] ?? '', pattern)
      assert.equal(drawTraces(await sink.settled()), trace`${libraries.map(({ drawn }) => drawn).join('\n')}`)
    })
  }
}
