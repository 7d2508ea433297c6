import assert from 'node:assert/strict'
import { test } from 'node:test'
import { trace } from '../harness/draw.js'
import { run, start, traceOf } from '../harness/program.js'
import { startSink } from '../harness/sink.js'

type Requests = NonNullable<NonNullable<Parameters<typeof traceOf>[2]>['requests']>

for (const FASTIFY of ['fastify4', 'fastify5']) {
  for (const extension of ['cjs', 'mjs']) {
    const app = `fastify/server.${extension}`
    const title = (text: string): string => `${FASTIFY} ${extension}: ${text}`
    const traced = (...requests: Requests): Promise<string> => {
      return traceOf(app, { FASTIFY }, { requests, attributes: ['http.route'] })
    }

    test(title('a request is named by the whole template of its route'), async () => {
      const requests = [
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
      ]
      assert.equal(
        await traced(...requests),
        trace`
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
      )
    })

    test(title('a request that matches no route has none, whoever answers it'), async () => {
      assert.equal(
        await traced('/nope/123', '/v1/nope/123', '/users/%zz', { path: '/users/1', method: 'DELETE' }),
        trace`
          GET    SERVER 404

          GET    SERVER 404

          GET    SERVER 400

          DELETE SERVER 404
        `,
      )
    })

    test(title('a request that a hook answers, or that its handler does not find, has its route'), async () => {
      const requests = [
        { path: '/users/7', headers: { authorization: 'wrong' } },
        '/v1/secret/1',
        '/gone/1',
        '/fail/invalid',
      ]
      assert.equal(
        await traced(...requests),
        trace`
          GET /users/:id     SERVER 401 http.route=/users/:id

          GET /v1/secret/:id SERVER 403 http.route=/v1/secret/:id

          GET /gone/:id      SERVER 404 http.route=/gone/:id

          GET /fail/invalid  SERVER 400 http.route=/fail/invalid
        `,
      )
    })

    test(title('calls of a handler are its children, also after a body was read'), async () => {
      assert.equal(
        await traceOf(app, { FASTIFY }, { requests: ['/call', { path: '/call', method: 'POST', body: 'text' }] }),
        trace`
          GET /call          SERVER 200
            GET              CLIENT 200
              GET /users/:id SERVER 200

          POST /call         SERVER 200
            GET              CLIENT 200
              GET /users/:id SERVER 200
        `,
      )
    })

    test(title('an injected request has no span of its own; what it calls is the caller’s'), async () => {
      assert.equal(
        await traceOf(app, { FASTIFY, INJECT: '/fail/throw' }, { requests: ['/inject'] }),
        trace`
          GET /inject        SERVER 200
            GET              CLIENT 200
              GET /users/:id SERVER 200
        `,
      )
    })

    for (const kind of ['sync', 'callback', 'async', 'late', 'none']) {
      test(title(`the server's span is active in the handler and around it, with hooks of kind ${kind}`), async (t) => {
        const sink = await startSink(t)
        const server = await start(t, app, { env: { FASTIFY, OTEL_EXPORTER_OTLP_ENDPOINT: sink.url } })
        const headers = { 'content-type': 'application/json' }
        const response = await fetch(`${server.url}/hooked/${kind}`, { method: 'POST', body: '{"a":1}', headers })
        assert.deepEqual(await response.json(), { an: 'object' })
        const { stdout } = await server.stop()
        const [span, ...others] = await sink.settled()
        assert.equal(span?.name, `POST /hooked/${kind}`)
        assert.deepEqual(others, [])
        const handler = ['handler', 'handler, later']
        const places =
          kind === 'none'
            ? handler
            : [
                'onRequest',
                'preParsing',
                'preValidation',
                'preHandler',
                ...handler,
                'preSerialization',
                'onSend',
                'onResponse',
              ]
        assert.deepEqual(
          stdout.trim().split('\n').slice(1),
          places.map((place) => `${place}: ${span?.spanId}`),
        )
      })
    }
  }
}
