import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { drawTraces, trace } from '../harness/draw.js'
import { askBoth, assertTold, type Failure } from '../harness/failures.js'
import { run, start } from '../harness/program.js'
import { startSink } from '../harness/sink.js'
import { type Table, testTables } from '../harness/tables.js'

/** Paths, and what is to be seen of their errors: status, type and message of the exception. */
const FAILURES: readonly Failure[] = [
  ['/fail/throw', 500, 'Failure', 'thrown'],
  ['/fail/reject', 500, 'Failure', 'rejected'],
  ['/fail/send', 500, 'Failure', 'sent'],
  ['/fail/text', 500, 'string', 'a text'],
  ['/fail/status', 503, 'Failure', 'not now'],
  ['/fail/stream', 500, 'Failure', 'no stream'],
  ['/fail/onRequest', 500, 'Failure', 'in onRequest'],
  ['/fail/preParsing', 500, 'Failure', 'in preParsing'],
  ['/fail/preValidation', 500, 'Failure', 'in preValidation'],
  ['/fail/preHandler', 500, 'Failure', 'in preHandler'],
  ['/fail/preSerialization', 500, 'Failure', 'in preSerialization'],
  ['/fail/onSend', 500, 'Failure', 'in onSend'],
  ['/handled/500', 500, 'Failure', 'handled'],
  ['/handled/503', 503, 'Failure', 'handled'],
  ['/fail/conflict', 409],
  ['/fail/invalid', 400],
  ['/handled/404', 404],
  ['/handled/200', 200],
]

const AROUND = ['onRequest', 'preParsing', 'preValidation', 'preHandler']
const HANDLER = ['handler', 'handler, later']
const AFTER = ['preSerialization', 'onSend', 'onResponse']
const PLACES: Record<string, string[]> = {
  sync: [...AROUND, ...HANDLER, ...AFTER],
  callback: [...AROUND, ...HANDLER, ...AFTER],
  async: [...AROUND, ...HANDLER, ...AFTER],
  late: [...AROUND, ...HANDLER, ...AFTER],
  none: HANDLER,
}

const TABLES: readonly Table[] = [
  {
    about: 'a request is named by the whole template of its route',
    requests: [
      '/users/7?a=b',
      { path: '/users/7', method: 'HEAD' },
      { path: '/users/7', method: 'PATCH' },
      '/files/a/b',
      '/at/12h30m',
      '/v1',
      '/v1/orders/5',
      '/v1/orders/5/lines/6',
      '/stream',
      '/hijack/1',
    ],
    drawn: trace`
      GET /users/:id                         SERVER 200 http.route=/users/:id

      HEAD /users/:id                        SERVER 200 http.route=/users/:id

      PATCH /users/:id                       SERVER 200 http.route=/users/:id

      GET /files/*                           SERVER 200 http.route=/files/*

      GET /at/:hour(^\\d{2})h:minute(^\\d{2})m SERVER 200 http.route=/at/:hour(^\\d{2})h:minute(^\\d{2})m

      GET /v1                                SERVER 200 http.route=/v1

      GET /v1/orders/:order                  SERVER 200 http.route=/v1/orders/:order

      GET /v1/orders/:order/lines/:line      SERVER 200 http.route=/v1/orders/:order/lines/:line

      GET /stream                            SERVER 200 http.route=/stream

      GET /hijack/:id                        SERVER 202 http.route=/hijack/:id
    `,
  },
  {
    about: 'a request that matches no route has none, whoever answers it',
    requests: ['/nope/123', '/v1/nope/123', '/users/%zz', { path: '/users/1', method: 'DELETE' }],
    drawn: trace`
      GET    SERVER 404

      GET    SERVER 404

      GET    SERVER 400

      DELETE SERVER 404
    `,
  },
  {
    about: 'a request that a hook answers, or that its handler does not find, has its route',
    requests: [{ path: '/users/7', headers: { authorization: 'wrong' } }, '/v1/secret/1', '/gone/1', '/fail/invalid'],
    drawn: trace`
      GET /users/:id     SERVER 401 http.route=/users/:id

      GET /v1/secret/:id SERVER 403 http.route=/v1/secret/:id

      GET /gone/:id      SERVER 404 http.route=/gone/:id

      GET /fail/invalid  SERVER 400 http.route=/fail/invalid
    `,
  },
  {
    about: 'calls of a handler are its children, also after a body was read',
    requests: ['/call', { path: '/call', method: 'POST', body: 'text' }],
    drawn: trace`
      GET /call          SERVER 200 http.route=/call
        GET              CLIENT 200
          GET /users/:id SERVER 200 http.route=/users/:id

      POST /call         SERVER 200 http.route=/call
        GET              CLIENT 200
          GET /users/:id SERVER 200 http.route=/users/:id
    `,
  },
  {
    about: 'an injected request has no span of its own; what it calls is called by who injects it',
    requests: ['/inject'],
    drawn: trace`
      GET /inject        SERVER 200 http.route=/inject
        GET              CLIENT 200
          GET /users/:id SERVER 200 http.route=/users/:id
    `,
  },
]

for (const FASTIFY of ['fastify4', 'fastify5']) {
  for (const extension of ['cjs', 'mjs']) {
    const app = `fastify/server.${extension}`
    const title = (text: string): string => `${FASTIFY} ${extension}: ${text}`

    // What is injected while it starts is nobody's.
    testTables(TABLES, app, { FASTIFY, INJECT: '/fail/throw' }, { title, attributes: ['http.route'] })

    test(title("the server's span is active in its handler and in hooks of all kinds"), async (t) => {
      const sink = await startSink(t)
      const server = await start(t, app, { env: { FASTIFY, ...sink.env } })
      for (const kind of Object.keys(PLACES)) {
        const headers = { 'content-type': 'application/json' }
        const response = await fetch(`${server.url}/hooked/${kind}`, { method: 'POST', body: '{"a":1}', headers })
        assert.deepEqual(await response.json(), { an: 'object' })
      }
      const { stdout } = await server.stop()
      const lines = stdout.trim().split('\n').slice(1)
      const spans = await sink.settled()
      for (const [kind, places] of Object.entries(PLACES)) {
        const span = spans.find(({ name }) => name === `POST /hooked/${kind}`)
        assert.deepEqual(
          lines.filter((line) => line.startsWith(`${kind} `)),
          places.map((place) => `${kind} ${place}: ${span?.spanId}`),
        )
      }
      assert.equal(spans.length, Object.keys(PLACES).length)
    })

    test(title('an upgrade has its route, also where a hook refuses it'), async (t) => {
      const sink = await startSink(t)
      const server = await start(t, app, { env: { FASTIFY, ...sink.env } })
      for (const path of ['/rooms/7?a=b', '/v1/secret/1', '/nope']) {
        const socket = connect(server.port, '127.0.0.1')
        socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n`)
        await once(socket, 'data')
        socket.destroy()
      }
      await server.stop()
      assert.equal(
        drawTraces(await sink.settled(), ['http.route']),
        trace`
          GET /rooms/:id     SERVER 101 http.route=/rooms/:id

          GET /v1/secret/:id SERVER 403 http.route=/v1/secret/:id

          GET                SERVER 404
        `,
      )
    })

    test(title('an error is recorded once, wherever it was thrown, if the answer is a server error'), async (t) => {
      const { sink, server } = await askBoth(t, app, FAILURES, { FASTIFY })
      // An answer that breaks off is no plain success.
      await assert.rejects(fetch(`${server.url}/fail/cut`).then((response) => response.text()))
      const { stderr } = await server.stop()
      assert.doesNotMatch(stderr, /FSTDEP|internal error/)
      const spans = await sink.settled()
      assertTold(FAILURES, spans)
      const cut = spans[FAILURES.length]
      assert.equal(cut?.name, 'GET /fail/cut')
      assert.notEqual(cut?.attributes['error.type'], undefined)
    })
  }
}

test('an instance of a version that is not tested is left alone, and one line says so', async () => {
  const { stdout, stderr, code } = await run('fastify/strange.mjs', { env: { OTEL_TRACES_EXPORTER: 'none' } })
  assert.deepEqual([stdout, code], ['went on\n', 0])
  assert.deepEqual(stderr.match(/fastify .* is left alone.*/g), ['fastify 99.0.0 is left alone: tested are >=4 <6'])
  assert.equal(stderr.match(/internal error/g)?.length, 1)
})
