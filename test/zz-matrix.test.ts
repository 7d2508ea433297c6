import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { drawTraces, trace } from './harness/draw.js'
import type { DecodedSpan } from './harness/otlp-decode.js'
import { file } from './harness/owner.js'
import { startPostgres } from './harness/postgres.js'
import { type Answer, startWire } from './harness/postgres-wire.js'
import { root, run, start, traceOf } from './harness/program.js'
import { projectOf } from './harness/project.js'
import { startSink } from './harness/sink.js'

const CURSORS = { 'pg-cursor': 'pg-cursor', 'pg-query-stream': 'pg-query-stream' }
const projects = {
  ...Object.fromEntries((process.env.VERSIONS ?? '').split(',').map((v) => [v, '/tmp/pgm/' + v])),
}

/** 250 rows for every query, but for those whose text asks for something else. */
const wire = await startWire(file, { answer })
const ROWS = Array.from({ length: 250 }, (_, id) => ({ id: String(id), name: 'Ann' }))

function answer(text: string): Answer {
  if (text.includes('silence')) return 'silence'
  if (text.includes('hangup')) return 'hang up'
  if (text.includes('fail')) return { error: { S: 'ERROR', C: '42703', M: 'column "fail" does not exist' } }
  return { rows: ROWS }
}

const CLIENT = 3

for (const [version, project] of Object.entries(projects)) {
  for (const extension of ['cjs', 'mjs']) {
    const title = (text: string): string => `${version} ${extension}: ${text}`
    const app = join(project, `server.${extension}`)

    test(
      title('each query is one client span of the request that sends it, and its callbacks run in that'),
      async () => {
        const requests = ['promise', 'callback', 'values', 'connect', 'transaction', 'prepared'].map((way) => `/${way}`)
        assert.equal(
          await traceOf(app, { DATABASE_URL: wire }, { requests, attributes: ['db.query.text'] }),
          trace`
          GET         SERVER    200
            SELECT t1 CLIENT    db.query.text=SELECT * FROM t1 WHERE id = $1
            after     INTERNAL

          GET         SERVER    200
            SELECT t1 CLIENT    db.query.text=SELECT * FROM t1
            after     INTERNAL
            after     INTERNAL

          GET         SERVER    200
            SELECT t1 CLIENT    db.query.text=SELECT * FROM t1 WHERE id = $1
            after     INTERNAL
            after     INTERNAL

          GET         SERVER    200
            after     INTERNAL
            SELECT t1 CLIENT    db.query.text=SELECT * FROM t1
            after     INTERNAL
            after     INTERNAL

          GET         SERVER    200
            BEGIN     CLIENT    db.query.text=BEGIN
            INSERT t1 CLIENT    db.query.text=INSERT INTO t1 (id) VALUES ($1)
            after     INTERNAL
            UPDATE t1 CLIENT    db.query.text=UPDATE t1 SET name = ? WHERE id = ?
            ROLLBACK  CLIENT    db.query.text=ROLLBACK
            after     INTERNAL

          GET         SERVER    200
            SELECT t1 CLIENT    db.query.text=SELECT * FROM t1 WHERE id = $1
            SELECT t1 CLIENT    db.query.text=SELECT * FROM t1 WHERE id = $1
            SELECT t1 CLIENT    db.query.text=SELECT * FROM t1 WHERE id = $1
            after     INTERNAL
        `,
        )
      },
    )

    test(title('cursors, streams and queries with events too, to their end or to their early close'), async () => {
      const requests = ['cursor', 'closed', 'stream', 'destroyed', 'events'].map((way) => `/${way}`)
      assert.equal(
        await traceOf(app, { DATABASE_URL: wire }, { requests, attributes: ['db.query.text'] }),
        trace`
          GET         SERVER    200
            SELECT t1 CLIENT    db.query.text=SELECT * FROM t1 WHERE id > $1
            after     INTERNAL
            after     INTERNAL
            after     INTERNAL
            after     INTERNAL

          GET         SERVER    200
            SELECT t1 CLIENT    db.query.text=SELECT * FROM t1
            after     INTERNAL

          GET         SERVER    200
            SELECT t1 CLIENT    db.query.text=SELECT * FROM t1 WHERE id > $1
            after     INTERNAL
            after     INTERNAL
            after     INTERNAL

          GET         SERVER    200
            SELECT t1 CLIENT    db.query.text=SELECT * FROM t1
            after     INTERNAL

          GET         SERVER    200
            SELECT t1 CLIENT    db.query.text=SELECT * FROM t1
            after     INTERNAL
            after     INTERNAL
        `,
      )
    })

    for (const MAX of ['1', '10']) {
      test(title(`200 requests at a time through a pool of ${MAX} have each query in their own trace`), async (t) => {
        const sink = await startSink(t)
        // Answers overtake each other.
        const url = await startWire(t, { answer: (text) => ({ rows: ROWS, delayMillis: text.length % 3 }) })
        const env = { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, DATABASE_URL: url, MAX }
        const server = await start(t, app, { env })
        const ways = ['promise', 'callback', 'values', 'connect', 'transaction', 'cursor', 'stream', 'events']
        const paths = Array.from({ length: 200 }, (_, i) => `/${ways[i % ways.length]}/${'0'.repeat(i % 5)}${i}`)
        const responses = await Promise.all(paths.map((path) => fetch(server.url + path)))
        assert.deepEqual(new Set(responses.map(({ status }) => status)), new Set([200]))
        await Promise.all(responses.map((response) => response.arrayBuffer()))
        await server.stop()
        const spans = await sink.settled()
        for (const path of paths) assert.deepEqual(childrenOf(path, spans), expectedChildren(path), path)
        assert.equal(spans.filter(({ parentSpanId }) => parentSpanId === '').length, paths.length)
      })
    }

    test(title('what a query has waited for a connection is on its span, and nothing where it has not'), async (t) => {
      const sink = await startSink(t)
      const server = await start(t, app, { env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, DATABASE_URL: wire } })
      for (const path of ['/promise', '/promise', '/two', '/waiting']) await (await fetch(server.url + path)).text()
      await server.stop()
      const queries = byStart(await sink.settled()).filter(({ kind }) => kind === CLIENT)
      const waits = queries.map(({ attributes }) => attributes['db.client.connection.wait_time'] as number | undefined)
      // One opens the connection; of two the second waits for the first; a client that was waited for has waited once.
      assert.deepEqual(
        waits.map((wait) => wait !== undefined && wait > 0 && wait < 10),
        [true, false, false, true, true, false],
      )
      for (const { startTimeUnixNano, endTimeUnixNano, attributes } of [queries[0], queries[3]] as DecodedSpan[]) {
        const seconds = Number(endTimeUnixNano - startTimeUnixNano) / 1e9
        assert.ok(seconds >= (attributes['db.client.connection.wait_time'] as number), 'the span has the wait in it')
      }
    })
  }
}

/** What becomes of a program, and what is traced of it. */
const ends: [way: string, drawn: string][] = [
  ['thrown', trace`SELECT t CLIENT`],
  ['identity', trace`SELECT CLIENT error 42703`],
  ['timeout', trace`SELECT CLIENT error Error`],
  [
    'timeoutOfCallback',
    trace`
      SELECT CLIENT   error Error

      after  INTERNAL
    `,
  ],
  [
    'hangUp',
    trace`
      SELECT CLIENT error Error

      SELECT CLIENT error Error

      SELECT CLIENT error Error
    `,
  ],
  [
    'ended',
    trace`
      SELECT CLIENT error Error

      SELECT CLIENT error Error

      SELECT CLIENT error Error

      SELECT CLIENT error Error
    `,
  ],
  [
    'values',
    trace`
      SELECT t CLIENT error TypeError

      SELECT t CLIENT error RangeError

      SELECT t CLIENT error Error
    `,
  ],
  ['nothing', trace`shop CLIENT error Error`],
  [
    'refused',
    trace`
      SELECT t CLIENT   error ECONNREFUSED

      SELECT t CLIENT   error ECONNREFUSED

      after    INTERNAL
    `,
  ],
  [
    'exhausted',
    trace`
      SELECT t CLIENT error Error

      SELECT t CLIENT error Error
    `,
  ],
  [
    'listeners',
    trace`
      request           INTERNAL
        SET search_path CLIENT
        LISTEN news     CLIENT

      other request     INTERNAL
        NOTIFY news     CLIENT

      notified          INTERNAL

      SELECT t          CLIENT
    `,
  ],
]
for (const [version, project] of Object.entries(projects)) {
  const app = join(project, 'ends.mjs')

  for (const [WAY, drawn] of ends) {
    test(`${version}: ${WAY}: the program sees what it sees without the agent, and each query ends once`, async (t) => {
      const sink = await startSink(t)
      const DATABASE_URL = WAY === 'refused' ? 'postgres://tester@127.0.0.1:1/shop' : wire
      const env = { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, DATABASE_URL, WAY }
      const [bare, traced] = await Promise.all([run(app, { env, agent: false }), run(app, { env })])
      assert.deepEqual([traced.stdout, traced.code], [bare.stdout, bare.code])
      const spans = await sink.settled()
      assert.equal(drawTraces(spans), drawn)
      assert.ok(spans.every(({ status }) => !status.message.includes('secret')))
    })
  }

  for (const WAY of ['unhandled', 'unhandledOfPool']) {
    test(`${version}: ${WAY}: a rejection that the program does not handle still ends it`, async () => {
      const env = { DATABASE_URL: wire, WAY, OTEL_TRACES_EXPORTER: 'none' }
      const [bare, traced] = await Promise.all([run(app, { env, agent: false }), run(app, { env })])
      assert.equal(traced.code, 1)
      assert.equal(traced.stderr.replace(/^autospan: .*\n/gm, ''), bare.stderr)
    })
  }

  test(`${version}: no span is kept alive by a pool, a connection or a timer`, async () => {
    const { stdout } = await run(join(project, 'garbage.mjs'), {
      env: { DATABASE_URL: wire, OTEL_TRACES_EXPORTER: 'none' },
    })
    assert.equal(stdout, '0 spans are alive\n')
  })
}

function byStart(spans: readonly DecodedSpan[]): readonly DecodedSpan[] {
  return [...spans].sort((a, b) => (a.startTimeUnixNano < b.startTimeUnixNano ? -1 : 1))
}

/** Names of what is below the span of a request, by their starts. */
function childrenOf(path: string, spans: readonly DecodedSpan[]): string[] {
  const server = spans.find(({ attributes }) => attributes['url.path'] === path)
  return spans
    .filter(({ parentSpanId }) => parentSpanId === server?.spanId)
    .map(({ name }) => name)
    .sort()
}

function expectedChildren(path: string): string[] {
  const [, way, id] = path.split('/')
  const afters: Record<string, number> = { promise: 1, transaction: 2, connect: 3, cursor: 4, stream: 3 }
  const queries = way === 'transaction' ? ['BEGIN', `INSERT t${id}`, `UPDATE t${id}`, 'ROLLBACK'] : [`SELECT t${id}`]
  return [...queries, ...Array(afters[way as string] ?? 2).fill('after')].sort()
}
