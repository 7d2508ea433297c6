import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { trace } from '../harness/draw.js'
import { askBoth, assertTold, type Failure } from '../harness/failures.js'
import { file } from '../harness/owner.js'
import { root, traceOf } from '../harness/program.js'
import { projectOf } from '../harness/project.js'
import { type Table, testTables } from '../harness/tables.js'

/** Paths, and what is to be seen of their errors: status, type and message of the exception. */
const FAILURES: readonly Failure[] = [
  ['/fail/throw', 500, 'Failure', 'thrown'],
  ['/fail/reject', 500, 'Failure', 'rejected'],
  ['/fail/status', 503, 'ServiceUnavailableError', 'not now'],
  ['/fail/conflict', 409],
  ['/handled/500', 500, 'Failure', 'handled'],
  ['/handled/404', 404],
]

const projects = { koa2: await projectOf(file, 'koa', { koa: 'koa2' }), koa3: join(root, 'test/apps/koa') }

const TABLES: readonly Table[] = [
  {
    about: 'a request is named by the whole template of the route that answered it',
    requests: [
      '/users/7?a=b',
      '/users/me',
      { path: '/users/7', method: 'HEAD' },
      '/more/less',
      '/files/a/b',
      '/v1/orders/5',
      { path: '/v1/orders/5', headers: { authorization: 'wrong' } },
      '/call',
      '/mounted',
      '/mounted/users/7?a=b',
      '/mounted/raw/1',
      '/mounted/passed/on',
    ],
    drawn: trace`
      GET /users/:id          SERVER 200 http.route=/users/:id

      GET /users/me           SERVER 200 http.route=/users/me

      HEAD /users/:id         SERVER 200 http.route=/users/:id

      GET /more/less          SERVER 200 http.route=/more/less

      GET /^\\/files\\/(.*)/  SERVER 200 http.route=/^\\/files\\/(.*)/

      GET /v1/orders/:order   SERVER 200 http.route=/v1/orders/:order

      GET /v1/orders/:order   SERVER 401 http.route=/v1/orders/:order

      GET /call               SERVER 200 http.route=/call
        GET                   CLIENT 200
          GET /users/:id      SERVER 200 http.route=/users/:id

      GET /mounted            SERVER 200 http.route=/mounted

      GET /mounted/users/:id  SERVER 200 http.route=/mounted/users/:id

      GET /mounted/raw/:id    SERVER 200 http.route=/mounted/raw/:id

      GET /mounted/passed/:on SERVER 200 http.route=/mounted/passed/:on
    `,
  },
  {
    about: 'a request that no route has answered has none',
    requests: ['/nope/123', '/plain', { path: '/users/1', method: 'DELETE' }],
    drawn: trace`
      GET    SERVER 404

      GET    SERVER 200

      DELETE SERVER 404
    `,
  },
]

for (const [version, project] of Object.entries(projects)) {
  test(`${version}: a framework on koa that makes its contexts itself has routes and errors`, async () => {
    assert.equal(
      await traceOf(join(project, 'server.cjs'), { OWN_CONTEXTS: '1' }, { requests: ['/users/7', '/fail/throw'] }),
      trace`
        GET /users/:id  SERVER 200

        GET /fail/throw SERVER 500 error Failure
      `,
    )
  })

  for (const extension of ['cjs', 'mjs']) {
    const title = (text: string): string => `${version} ${extension}: ${text}`
    const app = join(project, `server.${extension}`)

    testTables(TABLES, app, {}, { title, attributes: ['http.route'] })

    test(title('an error is recorded once, whoever answered for it, if the answer is a server error'), async (t) => {
      const { sink, server } = await askBoth(t, app, FAILURES)
      const active = await (await fetch(`${server.url}/active`)).text()
      await server.stop()
      const spans = await sink.settled()
      assertTold(FAILURES, spans)
      const last = spans[FAILURES.length]
      assert.deepEqual(
        [last?.name, last?.spanId],
        ['GET /active', active],
        "the server's span is active in its handler",
      )
    })
  }
}
