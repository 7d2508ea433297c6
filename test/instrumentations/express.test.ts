import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { drawTraces, trace } from '../harness/draw.js'
import type { DecodedEvent, DecodedSpan } from '../harness/otlp-decode.js'
import { file, type Owner } from '../harness/owner.js'
import { run, type Server, start, traceOf } from '../harness/program.js'
import { projectOf } from '../harness/project.js'
import { type Sink, startSink } from '../harness/sink.js'
import { type Table, testTables } from '../harness/tables.js'

const projects = {
  'express 4': await projectOf(file, 'express', { express: 'express4' }),
  'express 5': await projectOf(file, 'express', { express: 'express5' }),
}

const TABLES: readonly Table[] = [
  {
    about: 'a request is named by the whole template of its route',
    requests: [
      '/?a=b',
      '/users/7?a=b',
      { path: '/users/7', method: 'HEAD' },
      { path: '/books/1', method: 'PUT' },
      { path: '/any/1', method: 'DELETE' },
      '/people/joe',
      '/api/t1',
      '/api/t1/items/2',
      '/admin',
      '/admin/reports/2020',
      '/dynamic/name/t1/items/2',
      { path: '/account/get', method: 'POST' },
      '/inner/1',
    ],
    drawn: trace`
      GET /                                SERVER 200 url.path=/

      GET /users/:id                       SERVER 200 url.path=/users/7

      HEAD /users/:id                      SERVER 200 url.path=/users/7

      PUT /books/:isbn                     SERVER 200 url.path=/books/1

      DELETE /any/:thing                   SERVER 200 url.path=/any/1

      GET /people/:person                  SERVER 200 url.path=/people/joe

      GET /api/:tenant                     SERVER 200 url.path=/api/t1

      GET /api/:tenant/items/:id           SERVER 200 url.path=/api/t1/items/2

      GET /admin                           SERVER 200 url.path=/admin

      GET /admin/reports/:year             SERVER 200 url.path=/admin/reports/2020

      GET /dynamic/:name/:tenant/items/:id SERVER 200 url.path=/dynamic/name/t1/items/2

      POST /account/get                    SERVER 200 url.path=/account/get

      GET /inner/:own                      SERVER 200 url.path=/inner/1
    `,
  },
  {
    about: 'of several paths the one that matched is the route; a regular expression is as it is written',
    requests: ['/a', '/b/1', '/c12', '/files/12.TXT', '/en/reports/1', '/de/by/reports/1'],
    drawn: trace`
      GET /a                           SERVER 200 url.path=/a

      GET /b/:id                       SERVER 200 url.path=/b/1

      GET /^\\/c(\\d+)$/               SERVER 200 url.path=/c12

      GET /^\\/files\\/(\\d+)\\.txt$/i SERVER 200 url.path=/files/12.TXT

      GET /en/reports/:year            SERVER 200 url.path=/en/reports/1

      GET /de/:region/reports/:year    SERVER 200 url.path=/de/by/reports/1
    `,
  },
  {
    about: 'a request that no one answers has no route, whatever has matched on its way',
    requests: [
      '/nope/123',
      '/api',
      '/api/t1/nope',
      '/found/nope',
      '/admin/nope',
      '/static/nope',
      '/maybe/1',
      '/users/%zz',
      { path: '/users/1', method: 'DELETE' },
      { path: '/users/1', method: 'OPTIONS' },
    ],
    drawn: trace`
      GET     SERVER 404 url.path=/nope/123

      GET     SERVER 404 url.path=/api

      GET     SERVER 404 url.path=/api/t1/nope

      GET     SERVER 404 url.path=/found/nope

      GET     SERVER 404 url.path=/admin/nope

      GET     SERVER 404 url.path=/static/nope

      GET     SERVER 404 url.path=/maybe/1

      GET     SERVER 400 url.path=/users/%zz

      DELETE  SERVER 404 url.path=/users/1

      OPTIONS SERVER 200 url.path=/users/1
    `,
  },
  {
    about: 'the route is of who answers, not of who has called next',
    requests: ['/twice/1', '/api/t1/left/2', '/around/1', '/eager/1', '/found/page', '/guarded/1'],
    drawn: trace`
      GET /twice/:second             SERVER 200 url.path=/twice/1

      GET /api/:tenant/left/:again   SERVER 200 url.path=/api/t1/left/2

      GET /around/:id                SERVER 200 url.path=/around/1

      GET /eager/:thing              SERVER 200 url.path=/eager/1

      GET /found/page                SERVER 200 url.path=/found/page

      GET                            SERVER 401 url.path=/guarded/1
    `,
  },
  {
    about: 'what middleware answers has the path of its mount for a route',
    requests: ['/private/home/x', '/refused/1', '/static/page.txt', '/hook/1/x'],
    drawn: trace`
      GET /private/:area SERVER 401 url.path=/private/home/x

      GET /refused/:id   SERVER 401 url.path=/refused/1

      GET /static        SERVER 200 url.path=/static/page.txt

      GET /hook/:name    SERVER 200 url.path=/hook/1/x
    `,
  },
]

for (const [version, project] of Object.entries(projects)) {
  const layered = (env: Record<string, string>): Promise<string> =>
    traceOf(join(project, 'layers.cjs'), env, { requests: ['/api/users/7', '/private/x'] })

  test(`${version}: layers have spans on request, each from its call to its next`, async () => {
    assert.match(
      await layered({ OTEL_INSTRUMENTATION_EXPRESS_LAYER_SPANS: 'true' }),
      new RegExp(
        [
          /GET \/api\/users\/:id +SERVER +200\n/,
          /(?: +middleware (?:query|expressInit) +INTERNAL\n)*/,
          / {2}middleware logging +INTERNAL\n {2}middleware load +INTERNAL\n {2}middleware show +INTERNAL\n/,
          /\nGET \/private +SERVER +401\n/,
          /(?: +middleware (?:query|expressInit) +INTERNAL\n)*/,
          / {2}middleware logging +INTERNAL\n {2}middleware guarding +INTERNAL\n/,
        ]
          .map(({ source }) => source)
          .join(''),
      ),
    )
  })

  test(`${version}: layers have no spans by default`, async () => {
    assert.equal(
      await layered({}),
      trace`
        GET /api/users/:id SERVER 200

        GET /private       SERVER 401
      `,
    )
  })

  for (const extension of ['cjs', 'mjs']) {
    const app = join(project, `server.${extension}`)
    const title = (text: string): string => `${version} ${extension}: ${text}`

    testTables(TABLES, app, {}, { title, attributes: ['url.path'] })

    test(title('an unhandled error is recorded once, where the answer is a server error'), async (t) => {
      const { server, sink } = await serving(t, app)
      const paths = [
        '/fail/throw',
        '/fail/next/500',
        '/fail/reject',
        '/fail/own',
        '/fail/unhandled',
        '/api/t1/fail',
        '/admin/fail',
        '/hook/1/fail',
        '/fail/next/404',
        '/people/nobody',
        '/fail/recovered',
      ]
      for (const path of paths) await (await fetch(server.url + path)).arrayBuffer()
      await server.stop()
      const spans = await sink.settled()
      assert.equal(
        drawTraces(spans),
        trace`
          GET /fail/throw        SERVER 500 error Failure

          GET /fail/next/:status SERVER 500 error Failure

          GET /fail/reject       SERVER 503 error Failure

          GET /fail/own          SERVER 500 error Failure

          GET /fail/unhandled    SERVER 500 error Failure

          GET /api/:tenant/fail  SERVER 500 error Failure

          GET /admin/fail        SERVER 503 error Failure

          GET /hook/:name        SERVER 500 error Failure

          GET /fail/next/:status SERVER 404

          GET /people/:person    SERVER 404

          GET /fail/:recovery    SERVER 200
        `,
      )
      for (const span of spans) {
        const { name, status } = span
        const exceptions = exceptionsOf(span)
        assert.equal(exceptions.length, status.code === 0 ? 0 : 1, name)
        if (status.code === 0) continue
        const { 'exception.stacktrace': stack, ...attributes } = exceptions[0]?.attributes ?? {}
        const message = name === 'GET /fail/unhandled' ? 'failed with unhandled' : `failed with ${statusOf(name)}`
        assert.deepEqual(attributes, { 'exception.type': 'Failure', 'exception.message': message }, name)
        assert.match(String(stack), /^(Failure|Error): failed with .*\n +at .*routes\.cjs/, name)
        assert.equal(status.message, message, name)
      }
    })
  }

  // By turns, for what is asked next does not depend on it.
  const app = join(project, version === 'express 5' ? 'server.mjs' : 'server.cjs')

  test(`${version}: a route for all that no other one answers is that of what has called next`, async () => {
    const all = version === 'express 4' ? '*' : '/{*rest}'
    assert.equal(
      await traceOf(
        app,
        { CATCH_ALL: '1' },
        { requests: ['/maybe/1', '/api/t1/nope', '/users/7'], attributes: ['url.path'] },
      ),
      trace`
        GET ${all}     SERVER 200 url.path=/maybe/1

        GET ${all}     SERVER 200 url.path=/api/t1/nope

        GET /users/:id SERVER 200 url.path=/users/7
      `,
    )
  })

  test(`${version}: routes stay with their requests, however they overtake each other`, async (t) => {
    const { server, sink } = await serving(t, app)
    const routes = new Map<string, string | undefined>()
    for (let i = 0; i < 50; i++) {
      routes.set(`/late/${i % 7}/a/${i}`, '/late/:hops/:name/:id')
      routes.set(`/late/${i % 5}/left/${i}`, '/late/:hops/:name/:id')
      routes.set(`/late/${i % 3}/${i}`, undefined)
      routes.set(`/api/${i}/left/${i}`, '/api/:tenant/left/:again')
      routes.set(`/users/${i}`, '/users/:id')
    }
    await Promise.all([...routes.keys()].map(async (path) => (await fetch(server.url + path)).arrayBuffer()))
    await server.stop()
    const spans = await sink.settled()
    assert.equal(spans.length, routes.size)
    for (const { name, attributes } of spans) {
      const route = routes.get(String(attributes['url.path']))
      assert.equal(attributes['http.route'], route)
      assert.equal(name, route === undefined ? 'GET' : `GET ${route}`)
    }
  })

  test(`${version}: an answer that breaks off for an error has it`, async (t) => {
    const { server, sink } = await serving(t, join(project, 'server.cjs'))
    await assert.rejects(async () => (await fetch(`${server.url}/fail/midway`)).text())
    await server.stop()
    const spans = await sink.settled()
    assert.deepEqual(spans.map(told), [['GET /fail/midway', 200, 'Failure', 2, 1]])
  })

  test(`${version}: a client that goes away is no error of the server, whatever its code makes of it`, async (t) => {
    const { server, sink } = await serving(t, join(project, 'server.cjs'))
    const socket = connect(server.port, '127.0.0.1')
    socket.write(
      'POST /body HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"half',
    )
    const aborting = new AbortController()
    const call = fetch(`${server.url}/never/1`, { signal: aborting.signal })
    await server.printed(/waiting\nwaiting/)
    socket.destroy()
    aborting.abort()
    await assert.rejects(call)
    const spans = await sink.spans(2)
    await server.stop()
    assert.deepEqual(spans.map(told).sort(), [
      ['GET /never/:id', undefined, 'client_disconnected', 0, 0],
      ['POST /body', undefined, 'client_disconnected', 0, 0],
    ])
  })

  test(`${version}: programs see the functions, stacks and answers that they see without the agent`, async (t) => {
    const env = { OTEL_TRACES_EXPORTER: 'none', OTEL_LOG_LEVEL: 'none' }
    const identity = join(project, 'identity.cjs')
    const seen = await run(identity, { env })
    assert.equal(seen.stdout, (await run(identity, { agent: false })).stdout)
    assert.ok(seen.stdout.length > 1000)

    const app = join(project, 'server.cjs')
    const bare = await start(t, app, { agent: false })
    const server = await start(t, app, { env })
    for (const path of ['/stack', '/fail/unhandled', '/nope', '/api/t1/items/2', '/static/page.txt', '/eager/1']) {
      assert.equal(await answerOf(server, path), await answerOf(bare, path))
    }
    assert.equal(await answerOf(server, '/users/1', 'OPTIONS'), await answerOf(bare, '/users/1', 'OPTIONS'))
    assert.equal((await server.stop()).stderr, (await bare.stop()).stderr)
  })

  test(`${version}: switched off it is not there, and without http it does nothing`, async () => {
    const app = join(project, 'server.mjs')
    const requests = ['/users/7']
    assert.equal(
      await traceOf(app, { OTEL_INSTRUMENTATION_EXPRESS_ENABLED: 'false' }, { requests }),
      trace`
        GET SERVER 200
      `,
    )
    assert.equal(await traceOf(app, { OTEL_INSTRUMENTATION_HTTP_ENABLED: 'false' }, { requests }), '\n(no spans)\n')
  })
}

test('express 4 does not hear of a rejected promise: the program ends as it does without the agent', async (t) => {
  const ends = []
  for (const agent of [true, false]) {
    const env = { OTEL_TRACES_EXPORTER: 'none', OTEL_LOG_LEVEL: 'none' }
    const server = await start(t, join(projects['express 4'], 'server.cjs'), { agent, env })
    await assert.rejects(fetch(`${server.url}/rejected/1`))
    const { code, signal, stderr } = await server.exited
    ends.push({ code, signal, stderr })
  }
  assert.deepEqual(ends[0], ends[1])
  assert.match(ends[0]?.stderr ?? '', /Failure: failed with 500/)
})

test('the router of express 5 is traced without express too', async () => {
  assert.equal(
    await traceOf('express/router.mjs', {}, { requests: ['/api/users/7', '/api/nope', '/api/fail'] }),
    trace`
      GET /api/users/:id SERVER 200

      GET                SERVER 404

      GET /api/fail      SERVER 500 error Error
    `,
  )
})

for (const extension of ['cjs', 'mjs']) {
  test(`${extension}: an express of an untested version is left alone, and one line says so`, async (t) => {
    const project = await projectOf(t, 'express', { express: './fakes/future' })
    const { stdout, stderr, code } = await run(join(project, `fake.${extension}`), {
      env: { OTEL_TRACES_EXPORTER: 'none', OTEL_LOG_LEVEL: 'warn' },
    })
    assert.equal(code, 0)
    assert.equal(stdout, 'hello from the future\n')
    assert.equal(stderr, 'autospan: express 99.0.0 is left alone: tested are >=4 <6\n')
  })

  for (const KIND of ['missing', 'frozen', 'getter', 'layers']) {
    test(`${extension}: an express that cannot be patched (${KIND}) is left as it is, and one line says so`, async (t) => {
      const project = await projectOf(t, 'express', { express: './fakes/strange' })
      const { stdout, stderr, code } = await run(join(project, `fake.${extension}`), {
        env: { KIND, OTEL_TRACES_EXPORTER: 'none', OTEL_LOG_LEVEL: 'warn' },
      })
      assert.equal(code, 0)
      assert.equal(stdout, 'hello from a strange one\n')
      assert.match(stderr, /^autospan: express could not be patched and is left as it is: TypeError.*\n$/)
    })
  }
}

async function serving(owner: Owner, app: string): Promise<{ server: Server; sink: Sink }> {
  const sink = await startSink(owner)
  const env = { ...sink.env, OTEL_BSP_SCHEDULE_DELAY: '50' }
  return { server: await start(owner, app, { env }), sink }
}

async function answerOf({ url }: Server, path: string, method = 'GET'): Promise<string> {
  const response = await fetch(url + path, { method })
  const { date: _, ...headers } = Object.fromEntries(response.headers)
  return JSON.stringify([response.status, headers, await response.text()], undefined, 2)
}

function told(span: DecodedSpan): unknown[] {
  const { name, attributes, status } = span
  return [
    name,
    attributes['http.response.status_code'],
    attributes['error.type'],
    status.code,
    exceptionsOf(span).length,
  ]
}

function exceptionsOf({ events }: DecodedSpan): readonly DecodedEvent[] {
  return events.filter(({ name }) => name === 'exception')
}

function statusOf(name: string): number {
  return name.includes('reject') || name.includes('admin') ? 503 : 500
}
