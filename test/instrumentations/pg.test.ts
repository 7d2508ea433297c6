import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { drawTraces, trace } from '../harness/draw.js'
import type { DecodedSpan } from '../harness/otlp-decode.js'
import { file } from '../harness/owner.js'
import { startPostgres } from '../harness/postgres.js'
import { type Answer, startWire } from '../harness/postgres-wire.js'
import { type Outcome, root, run, start, traceOf } from '../harness/program.js'
import { projectOf } from '../harness/project.js'
import { startSink } from '../harness/sink.js'

const CURSORS = { 'pg-cursor': 'pg-cursor', 'pg-query-stream': 'pg-query-stream' }
const projects = {
  'pg 8.0.3': await projectOf(file, 'pg', { pg: 'pg-oldest', ...CURSORS }),
  'pg 8': join(root, 'test/apps/pg'),
}

// Before any test: it takes the event loop for seconds, in which no sink would answer.
const postgres = await startPostgres(file)

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
    test(`${version} ${extension}: each query is one client span of the request that sends it`, async () => {
      const ways = ['promise', 'callback', 'values', 'connect', 'transaction', 'prepared']
      const long = ['cursor', 'closed', 'stream', 'destroyed', 'events']
      const requests = [...ways, ...long].map((way) => `/${way}`)
      // Callbacks run in the request, too: there they mark what is `after`.
      assert.equal(
        await traceOf(
          join(project, `server.${extension}`),
          { DATABASE_URL: wire },
          { requests, attributes: ['db.query.text'] },
        ),
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
  }

  // By turns, for what is asked next does not depend on it.
  const app = join(project, version === 'pg 8' ? 'server.mjs' : 'server.cjs')

  for (const MAX of ['1', '10']) {
    test(`${version}: 100 requests at a time through a pool of ${MAX} have each query in their own trace`, async (t) => {
      const sink = await startSink(t)
      // Answers overtake each other.
      const url = await startWire(t, { answer: (text) => ({ rows: ROWS, delayMillis: text.length % 3 }) })
      const env = { ...sink.env, DATABASE_URL: url, MAX }
      const server = await start(t, app, { env })
      const ways = ['promise', 'callback', 'values', 'connect', 'transaction', 'cursor', 'stream', 'events']
      const paths = Array.from({ length: 100 }, (_, i) => `/${ways[i % ways.length]}/${'0'.repeat(i % 5)}${i}`)
      const responses = await Promise.all(paths.map((path) => fetch(server.url + path)))
      assert.deepEqual(new Set(responses.map(({ status }) => status)), new Set([200]))
      await Promise.all(responses.map((response) => response.arrayBuffer()))
      await server.stop()
      const spans = await sink.settled()
      for (const path of paths) assert.deepEqual(childrenOf(path, spans), expectedChildren(path), path)
      assert.equal(spans.filter(({ parentSpanId }) => parentSpanId === '').length, paths.length)
    })
  }

  test(`${version}: each query is measured, sampled or not, by its summary and how it ended`, async (t) => {
    for (const sampler of ['always_on', 'always_off']) {
      const sink = await startSink(t)
      const env = { ...sink.env, OTEL_TRACES_SAMPLER: sampler, DATABASE_URL: wire }
      const server = await start(t, app, { env })
      for (const path of ['/promise', '/promise/fail', '/transaction', '/callback']) {
        await (await fetch(server.url + path)).text()
      }
      await server.stop()
      const spans = (await sink.settled()).filter(({ kind }) => kind === CLIENT)
      const duration = sink.metric('db.client.operation.duration')
      const points = duration?.points.map(({ attributes, count }) => {
        assert.equal(attributes['db.system.name'], 'postgresql')
        assert.equal(attributes['server.address'], '127.0.0.1')
        assert.equal(typeof attributes['server.port'], 'number')
        assert.equal('db.query.text' in attributes, false)
        const status = [attributes['db.response.status_code'], attributes['error.type']]
        return [attributes['db.query.summary'], count, ...status.filter((value) => value !== undefined)].join(' ')
      })
      assert.deepEqual(points?.sort(), [
        'BEGIN 1',
        'INSERT t1 1',
        'ROLLBACK 1',
        'SELECT t1 2',
        'SELECT tfail 1 42703 42703',
        'UPDATE t1 1',
      ])
      assert.deepEqual([duration?.unit, duration?.points[0]?.explicitBounds?.[0]], ['s', 0.001])
      const exemplars = duration?.points.flatMap(({ exemplars }) => exemplars.map(({ spanId }) => spanId)) ?? []
      assert.equal(exemplars.length > 0, sampler === 'always_on')
      for (const id of exemplars) assert.ok(spans.some(({ spanId }) => spanId === id))
    }
  })

  test(`${version}: what a query has waited for a connection is on its span, and nothing where it has not`, async (t) => {
    const sink = await startSink(t)
    const server = await start(t, app, { env: { ...sink.env, DATABASE_URL: wire } })
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

const TRACEPARENT = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
/** Legal in a header: the name could end a comment, the value a string. */
const TRACESTATE = "a*/b=it's"

for (const [version, project] of Object.entries(projects)) {
  test(`${version}: with the SQL commenter the server learns of traces, by each text that is sent but once`, async (t) => {
    const sink = await startSink(t)
    const received = new Set<string>()
    const url = await startWire(t, {
      answer: (text) => {
        received.add(text)
        return { rows: ROWS }
      },
    })
    const env = {
      ...sink.env,
      DATABASE_URL: url,
      OTEL_INSTRUMENTATION_PG_SQL_COMMENTER: 'true',
    }
    const server = await start(t, join(project, 'server.cjs'), { env })
    const ways = ['promise', 'callback', 'values', 'connect', 'transaction', 'prepared', 'cursor', 'stream', 'events']
    for (const way of ways) {
      const headers = { traceparent: TRACEPARENT, tracestate: TRACESTATE }
      await (await fetch(`${server.url}/${way}`, { headers })).text()
    }
    await server.stop()
    const spans = (await sink.settled()).filter(({ kind }) => kind === CLIENT)
    assert.equal(spans.length, 14)
    const prepared = 'SELECT * FROM t1 WHERE id = $1'
    assert.ok(received.delete(prepared), 'a statement that is prepared keeps its text')
    const sent = [...received].map((text) =>
      /^(.*) \/\*traceparent='00-(\w+)-(\w+)-01',tracestate='(.*)'\*\/$/.exec(text),
    )
    for (const [i, match] of sent.entries()) {
      const [, text, traceId, spanId, state] = match ?? []
      const span = spans.find((span) => span.spanId === spanId)
      assert.deepEqual([traceId, state], ['a'.repeat(32), 'a*%2Fb%3Dit%27s'], [...received][i])
      // What is sent without values is shown without its literals.
      assert.equal(
        span?.attributes['db.query.text'],
        text?.replace(/'Ann'| 1$/g, (literal) => literal.replace(/\S+/, '?')),
      )
    }
    assert.equal(sent.length, spans.length - 3)
  })
}

const { default: pg } = await import('pg' as string)
const admin = new pg.Client({ connectionString: postgres })
await admin.connect()
await admin.query(`
  DROP SCHEMA IF EXISTS autospan_test CASCADE;
  CREATE SCHEMA autospan_test;
  CREATE TABLE autospan_test.users (id integer PRIMARY KEY, email text UNIQUE, age integer CHECK (age > 0));
  INSERT INTO autospan_test.users VALUES (1, 'secret@example.org', 30);
  CREATE PROCEDURE autospan_test.raise(state text) LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'secret of the program' USING ERRCODE = state; END $$;
  CREATE PROCEDURE autospan_test.nothing() LANGUAGE plpgsql AS $$ BEGIN END $$;
`)
await admin.end()

/** Spans of queries that the program of this test sends to a PostgreSQL, each given by the arguments of `query`. */
async function querySpans(t: TestContext, queries: readonly unknown[][]): Promise<readonly DecodedSpan[]> {
  const sink = await startSink(t)
  const server = await start(t, 'pg/server.mjs', {
    env: { ...sink.env, DATABASE_URL: postgres },
  })
  for (const query of queries) {
    await (await fetch(`${server.url}/ask/${encodeURIComponent(JSON.stringify(query))}`)).text()
  }
  await server.stop()
  const spans = byStart(await sink.settled()).filter(({ kind }) => kind === CLIENT)
  assert.equal(spans.length, queries.length)
  assert.doesNotMatch(
    JSON.stringify(spans, (_, value) => (typeof value === 'bigint' ? String(value) : value)),
    /secret/i,
  )
  return spans
}

test('a query has the attributes of the conventions', async (t) => {
  const { hostname, port, pathname } = new URL(postgres)
  const [, again] = await querySpans(
    t,
    Array(2).fill(['SELECT * FROM autospan_test.users WHERE email = $1 AND age > 18', ['secret@example.org']]),
  )
  assert.deepEqual(again?.attributes, {
    'db.system.name': 'postgresql',
    'db.namespace': pathname.slice(1),
    'db.query.summary': 'SELECT autospan_test.users',
    'db.query.text': 'SELECT * FROM autospan_test.users WHERE email = $1 AND age > 18',
    'server.address': hostname,
    ...(port === '' ? {} : { 'server.port': Number(port) }),
  })
  assert.deepEqual(
    [again?.name, again?.status.code, again?.scope.name],
    ['SELECT autospan_test.users', 0, 'autospan/pg'],
  )
})

test('the text of a query is shown as it is where values are sent beside it, else without its literals', async (t) => {
  const texts: [unknown[], string][] = [
    [['SELECT $1::int, 18', [1]], 'SELECT $1::int, 18'],
    [["SELECT 'secret@example.org', 42"], 'SELECT ?, ?'],
    [["SELECT 'secret'", []], 'SELECT ?'],
    [['SELECT $$secret$$, $a$se$$cret$a$ -- secret'], 'SELECT ?, ?'],
    [["SELECT /* secret */ E'\\'secret', U&'secret', B'1', X'FF', 1e5"], 'SELECT  ?, ?, ?, ?, ?'],
    [[{ text: 'SELECT $1::text', values: ['secret'] }], 'SELECT $1::text'],
    [[{ text: "SELECT $1::text, 'x'", values: ['unused'] }, ['secret']], "SELECT $1::text, 'x'"],
  ]
  const spans = await querySpans(
    t,
    texts.map(([query]) => query),
  )
  assert.deepEqual(
    spans.map(({ attributes }) => attributes['db.query.text']),
    texts.map(([, text]) => text),
  )
})

test('several statements in one text are a batch, and a procedure has its name', async (t) => {
  const spans = await querySpans(t, [
    ["SELECT 1; SELECT 'a'; SELECT id FROM autospan_test.users"],
    ['CALL autospan_test.nothing()'],
    ['SELECT 1;'],
  ])
  assert.deepEqual(
    spans.map(({ name, attributes }) => [
      name,
      attributes['db.operation.batch.size'],
      attributes['db.stored_procedure.name'],
    ]),
    [
      ['SELECT SELECT autospan_test.users', 3, undefined],
      ['CALL autospan_test.nothing', undefined, 'autospan_test.nothing'],
      ['SELECT', undefined, undefined],
    ],
  )
})

test('an error has its SQLSTATE, and the words of the server only where they cannot tell a value', async (t) => {
  const unique = 'duplicate key value violates unique constraint "users_email_key"'
  const check = 'new row for relation "users" violates check constraint "users_age_check"'
  const errors: [unknown[], string, string][] = [
    [["INSERT INTO autospan_test.users VALUES (2, 'secret@example.org', 1)"], '23505', unique],
    [['INSERT INTO autospan_test.users VALUES ($1, $2, 1)', [2, 'secret@example.org']], '23505', unique],
    [["INSERT INTO autospan_test.users VALUES (2, 'secret', -1)"], '23514', check],
    [['SELECT * FROM autospan_test.nowhere'], '42P01', 'relation "autospan_test.nowhere" does not exist'],
    [["SELECT * FROM autospan_test.users WHERE id = 'secret'"], '22P02', ''],
    [['SELECT * FROM autospan_test.users WHERE id = $1', ['secret']], '22P02', ''],
    [["SELECT * FROM autospan_test.users WHERE email = 'it's secret'"], '42601', ''],
    [["CALL autospan_test.raise('P0001')"], 'P0001', ''],
    [["CALL autospan_test.raise('23505')"], '23505', ''],
  ]
  const spans = await querySpans(
    t,
    errors.map(([query]) => query),
  )
  assert.deepEqual(
    spans.map(({ attributes, status }) => [
      attributes['db.response.status_code'],
      attributes['error.type'],
      status.code,
      status.message,
    ]),
    errors.map(([, code, message]) => [code, code, 2, message]),
  )
})

test('a connection that is refused at each address of its host is told by the words of the first one', async (t) => {
  const sink = await startSink(t)
  const { stdout } = await run('pg/refused.mjs', { env: sink.env })
  assert.equal(stdout, 'AggregateError ECONNREFUSED\n')
  const [span] = await sink.settled()
  assert.equal(span?.attributes['error.type'], 'ECONNREFUSED')
  assert.equal(span.status.message, 'connect ECONNREFUSED 127.0.0.1:1')
})

test('a text that the server cannot parse is not shown, for its literals cannot be told either', async (t) => {
  const [span, parameterised] = await querySpans(t, [
    ["SELECT id FROM autospan_test.users WHERE email = 'it's secret'"],
    ['SELECT id FROM autospan_test.users WHERE email == = $1', ['secret']],
  ])
  assert.equal(span?.attributes['db.query.text'], '?')
  assert.equal(span?.name, 'SELECT autospan_test.users')
  assert.equal(parameterised?.attributes['db.query.text'], 'SELECT id FROM autospan_test.users WHERE email == = $1')
})

test('a statement of megabytes is told by its beginning', async (t) => {
  const sink = await startSink(t)
  const env = { ...sink.env, DATABASE_URL: wire }
  const server = await start(t, 'pg/server.mjs', { env })
  await (await fetch(`${server.url}/long`)).text()
  await server.stop()
  const span = (await sink.settled()).find(({ kind }) => kind === CLIENT)
  assert.equal(span?.name, 'SELECT t1')
  assert.ok(String(span?.attributes['db.query.text']).length <= 8192)
})

/** Ways in which queries end, each behind a span of its name. The last one ends the program. */
const ENDS = trace`
  identity            INTERNAL

  SELECT              CLIENT   error 42703

  timeout             INTERNAL

  SELECT              CLIENT   error Error

  timeoutOfCallback   INTERNAL

  SELECT              CLIENT   error Error

  after               INTERNAL

  hangUp              INTERNAL

  SELECT              CLIENT   error Error

  SELECT              CLIENT   error Error

  SELECT              CLIENT   error Error

  ended               INTERNAL

  SELECT              CLIENT   error Error

  SELECT              CLIENT   error Error

  SELECT              CLIENT   error Error

  SELECT              CLIENT   error Error

  values              INTERNAL

  SELECT t            CLIENT   error TypeError

  SELECT t            CLIENT   error RangeError

  SELECT t            CLIENT   error Error

  nothing             INTERNAL

  shop                CLIENT   error Error

  refused             INTERNAL

  SELECT t            CLIENT   error ECONNREFUSED

  SELECT t            CLIENT   error ECONNREFUSED

  after               INTERNAL

  exhausted           INTERNAL

  SELECT t            CLIENT   error Error

  SELECT t            CLIENT   error Error

  listeners           INTERNAL

  request             INTERNAL
    SET search_path   CLIENT
    LISTEN news       CLIENT

  other request       INTERNAL
    NOTIFY news       CLIENT

  notified            INTERNAL

  SELECT t            CLIENT

  thrown              INTERNAL

  SELECT t            CLIENT
`
const WAYS = 'identity timeout timeoutOfCallback hangUp ended values nothing refused exhausted listeners thrown'

for (const [version, project] of Object.entries(projects)) {
  const app = join(project, 'ends.mjs')

  test(`${version}: the program sees what it sees without the agent, and each query ends once`, async (t) => {
    const sink = await startSink(t)
    const env = { ...sink.env, DATABASE_URL: wire, WAYS }
    // One after the other, for what one notifies the other would hear.
    const bare = await run(app, { env, agent: false })
    const traced = await run(app, { env })
    assert.deepEqual([traced.stdout, traced.code], [bare.stdout, bare.code])
    const spans = await sink.settled()
    assert.equal(drawTraces(spans), ENDS)
    assert.ok(spans.every(({ status }) => !status.message.includes('secret')))
  })

  for (const way of ['unhandled', 'unhandledOfPool']) {
    test(`${version}: ${way}: a rejection that the program does not handle still ends it`, async () => {
      const env = { DATABASE_URL: wire, WAYS: way, OTEL_TRACES_EXPORTER: 'none' }
      const [bare, traced] = await Promise.all([run(app, { env, agent: false }), run(app, { env })])
      // The stacks are those of different releases of pg, and of Node.js 20 with and without hooks.
      const story = ({ stderr }: Outcome): string => stderr.replace(/^(autospan: | +at ).*\n/gm, '')
      assert.equal(traced.code, 1)
      assert.equal(story(traced), story(bare))
    })
  }

  test(`${version}: what runs when a query that has waited is sent runs in its request`, async () => {
    const request = (way: string): string => `
      ${way}       INTERNAL
        SELECT t   CLIENT
        ${way === 'nothing' ? '' : 'noted INTERNAL\n        '}after INTERNAL
    `
    const ways = ['nothing', 'value', 'log', 'acquire', 'client', 'patch']
    assert.equal(
      await traceOf(join(project, 'waiting.mjs'), { DATABASE_URL: wire }),
      trace`${ways.map((way) => request(way).repeat(2)).join('')}`,
    )
  })

  test(`${version}: a query that passes a \`query\` of the program's own is one span, of what is sent`, async () => {
    assert.equal(
      await traceOf(join(project, 'own-query.mjs'), { DATABASE_URL: wire }, { attributes: ['db.query.text'] }),
      trace`
        adds              INTERNAL
          SET search_path CLIENT   db.query.text=SET search_path TO ?
          SELECT t        CLIENT   db.query.text=SELECT * FROM t WHERE id = $1
          set             INTERNAL

        awaits            INTERNAL
          SELECT t        CLIENT   db.query.text=SELECT * FROM t WHERE id = $1

        changes           INTERNAL
          SELECT t2       CLIENT   db.query.text=SELECT * FROM t2 WHERE id = $1

        calls back        INTERNAL
          SELECT t        CLIENT   db.query.text=SELECT * FROM t WHERE id = $1
          called back     INTERNAL

        foreign           INTERNAL
          SELECT t        CLIENT   error Error db.query.text=SELECT * FROM t WHERE id = $1

        throws            INTERNAL
          SELECT t        CLIENT   error TypeError db.query.text=SELECT * FROM t WHERE id = $1
      `,
    )
  })

  test(`${version}: who hears of a release has the stores of the program`, async () => {
    const app = join(project, 'release.mjs')
    const env = { DATABASE_URL: wire }
    const bare = await run(app, { agent: false, env })
    const traced = await run(app, { env: { ...env, OTEL_TRACES_EXPORTER: 'none' } })
    for (const who of ['release', 'remove', 'log', 'end', 'acquire', 'waiter']) {
      assert.match(bare.stdout, new RegExp(`^${who} in `, 'm'))
    }
    assert.match(bare.stdout, /in the request of/)
    assert.equal(traced.stdout, bare.stdout)
  })

  test(`${version}: no span is kept alive by a pool, a connection or a timer`, async () => {
    const { stdout } = await run(join(project, 'garbage.mjs'), {
      // What is measured keeps a span until it is asked for.
      env: { DATABASE_URL: wire, OTEL_TRACES_EXPORTER: 'none', OTEL_METRIC_EXPORT_INTERVAL: '50' },
    })
    assert.equal(stdout, '0 spans are alive\n')
  })
}

test('queries of a pipeline are each in the request that sends them, and named ones have their text', async () => {
  assert.equal(
    await traceOf('pg/pipeline.mjs', { DATABASE_URL: wire }, { attributes: ['db.query.text'] }),
    trace`
      early         INTERNAL
        SELECT t1   CLIENT   db.query.text=SELECT * FROM t1
        after       INTERNAL

      promise       INTERNAL
        SELECT t2   CLIENT   db.query.text=SELECT * FROM t2
        after       INTERNAL

      callback      INTERNAL
        SELECT t3   CLIENT   db.query.text=SELECT * FROM t3
        after       INTERNAL

      failed        INTERNAL
        SELECT      CLIENT   error 42703 db.query.text=SELECT fail
        after       INTERNAL

      prepared      INTERNAL
        SELECT t4   CLIENT   db.query.text=SELECT * FROM t4 WHERE id = $1

      named         INTERNAL
        SELECT t4   CLIENT   db.query.text=SELECT * FROM t4 WHERE id = $1

      cursor        INTERNAL
        SELECT t5   CLIENT   error Error db.query.text=SELECT * FROM t5
        after       INTERNAL
    `,
  )
})

test('a native client is traced alike', async () => {
  assert.equal(
    await traceOf(
      'pg/native.cjs',
      { DATABASE_URL: wire },
      { attributes: ['db.query.text', 'db.operation.batch.size'] },
    ),
    trace`
      request    INTERNAL
        SELECT   CLIENT    db.query.text=SELECT ? AS a
        SELECT   CLIENT    db.query.text=SELECT $1::int AS a
        after    INTERNAL
        SELECT   CLIENT    db.query.text=SELECT $1::int AS a
        SELECT   CLIENT    db.query.text=SELECT $1::int AS a
        SELECT   CLIENT    db.query.text=SELECT ?; SELECT ? db.operation.batch.size=2
        SELECT   CLIENT    db.query.text=SELECT ? AS b
        after    INTERNAL
        SELECT   CLIENT    db.query.text=SELECT ? AS c
        after    INTERNAL
        SELECT   CLIENT    error 23505 db.query.text=SELECT fail
    `,
  )
})

test('a native client sends comments alike', async () => {
  const env = { DATABASE_URL: wire, TELL: 'true', OTEL_INSTRUMENTATION_PG_SQL_COMMENTER: 'true' }
  const { stdout } = await run('pg/native.cjs', { env: { ...env, OTEL_TRACES_EXPORTER: 'none' } })
  const texts = stdout
    .trim()
    .replaceAll(/traceparent='[\w-]{55}'/g, 'trace')
    .split('\n')
  // Statements that are prepared are executed by their names.
  assert.deepEqual(texts.slice(0, 5), [
    'SELECT 1 AS a /*trace*/',
    'SELECT $1::int AS a /*trace*/',
    '',
    '',
    "SELECT 'a'; SELECT 'b' /*trace*/",
  ])
})

for (const OTEL_INSTRUMENTATION_PG_SQL_COMMENTER of ['false', 'true']) {
  const words = OTEL_INSTRUMENTATION_PG_SQL_COMMENTER === 'true' ? ', with comments too' : ''
  test(`what is patched looks as before, and configurations are left as they are${words}`, async () => {
    const env = { DATABASE_URL: wire, OTEL_TRACES_EXPORTER: 'none', OTEL_INSTRUMENTATION_PG_SQL_COMMENTER }
    const [bare, traced] = await Promise.all([run('pg/looks.cjs', { env, agent: false }), run('pg/looks.cjs', { env })])
    assert.equal(traced.stdout, bare.stdout)
    assert.equal(traced.code, 0)
  })
}

test('spans that are not sampled cost no context: callbacks run in that of the caller', async () => {
  const env = { DATABASE_URL: wire, OTEL_TRACES_SAMPLER: 'always_off' }
  assert.equal(await traceOf('pg/server.cjs', env, { requests: ['/callback', '/cursor', '/stream'] }), drawTraces([]))
})

test('a version that is not tested is left alone, and one line says so', async (t) => {
  const project = await projectOf(t, 'pg', { pg: 'pg' })
  const manifest = join(project, 'node_modules/pg/package.json')
  await writeFile(manifest, (await readFile(manifest, 'utf8')).replace(/"version": "[^"]*"/, '"version": "9.0.0"'))
  const sink = await startSink(t)
  const server = await start(t, join(project, 'server.cjs'), {
    env: { ...sink.env, DATABASE_URL: wire },
  })
  await (await fetch(`${server.url}/promise`)).text()
  const { stderr } = await server.stop()
  assert.match(stderr, /^autospan: pg 9\.0\.0 is left alone: tested are >=8\.0\.3 <9$/m)
  assert.equal(drawTraces(await sink.settled()).includes('after'), true)
})

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
