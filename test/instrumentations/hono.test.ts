import { join } from 'node:path'
import { test } from 'node:test'
import { trace } from '../harness/draw.js'
import { askBoth, assertTold, type Failure } from '../harness/failures.js'
import { file } from '../harness/owner.js'
import { root } from '../harness/program.js'
import { projectOf } from '../harness/project.js'
import { type Table, testTables } from '../harness/tables.js'

// The adapter is copied too, for its hono is the one beside it.
const oldest = { hono: 'hono-oldest', '@hono/node-server': 'hono-node-server1' }
const projects = { oldest: await projectOf(file, 'hono', oldest), newest: join(root, 'test/apps/hono') }

const FAILURES: readonly Failure[] = [
  ['/broken/7', 500, 'Failure', 'thrown'],
  ['/rejected', 500, 'Failure', 'rejected'],
  ['/text', 500, 'string', 'a text'],
  ['/conflict', 409],
  ['/sub/broken', 500, 'Failure', 'of an application within'],
  ['/own/broken', 503, 'Failure', 'of an application within'],
  ['/own/missing', 404],
]

const TABLES: readonly Table[] = [
  {
    about: 'a request is named by the route that answers, or by the first where middleware does',
    requests: [
      '/users/7?a=b',
      '/users/me',
      '/more/less',
      '/any/thing',
      { path: '/any/thing', method: 'POST' },
      '/files/a/b',
      '/sub/orders/5',
      '/broken/7',
      '/guarded/users/7',
      '/call',
    ],
    drawn: trace`
      GET /users/:id         SERVER 200 http.route=/users/:id

      GET /users/me          SERVER 200 http.route=/users/me

      GET /more/less         SERVER 200 http.route=/more/less

      GET /any/:thing        SERVER 200 http.route=/any/:thing

      POST /any/:thing       SERVER 200 http.route=/any/:thing

      GET /files/*           SERVER 200 http.route=/files/*

      GET /sub/orders/:order SERVER 200 http.route=/sub/orders/:order

      GET /broken/:id        SERVER 500 error Failure http.route=/broken/:id

      GET /guarded/users/:id SERVER 401 http.route=/guarded/users/:id

      GET /call              SERVER 200 http.route=/call
        GET                  CLIENT 200
          GET /users/:id     SERVER 200 http.route=/users/:id
    `,
  },
  {
    about: 'a request that no route matches has none',
    requests: ['/nope/123', '/guarded/7', { path: '/users/1', method: 'DELETE' }],
    drawn: trace`
      GET    SERVER 404

      GET    SERVER 401

      DELETE SERVER 404
    `,
  },
]

for (const [version, project] of Object.entries(projects)) {
  for (const extension of ['cjs', 'mjs']) {
    const title = (text: string): string => `${version} ${extension}: ${text}`
    const app = join(project, `server.${extension}`)

    testTables(TABLES, app, {}, { title, attributes: ['http.route'] })

    test(title('an error is recorded once, whoever answered for it, if the answer is a server error'), async (t) => {
      const { sink, server } = await askBoth(t, app, FAILURES)
      await server.stop()
      assertTold(FAILURES, await sink.settled())
    })
  }
}
