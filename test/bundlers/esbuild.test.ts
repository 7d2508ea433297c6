import assert from 'node:assert/strict'
import { test } from 'node:test'
import { autospan } from 'autospan/esbuild'
import { trace } from '../harness/draw.js'
import { file } from '../harness/owner.js'
import { startWire } from '../harness/postgres-wire.js'
import { start, traceOf } from '../harness/program.js'
import { bundle } from './bundle.js'

const requests = ['/items/tea', '/fail']
const DATABASE_URL = await startWire(file)

/** What is to be seen of the shop, as it is seen when its libraries are in node_modules. */
const WHOLE = trace`
  GET /items/:item     SERVER 200
    GET                CLIENT 200
      GET /stock/:item SERVER 200
        SELECT stock   CLIENT

  GET /fail            SERVER 500 error TypeError
`

/** Without the plugin: node:http, fetch, and fastify, which tells of itself. */
const PART = trace`
  GET                  SERVER 200
    GET                CLIENT 200
      GET /stock/:item SERVER 200

  GET                  SERVER 500 error 500
`

for (const source of ['mjs', 'cjs']) {
  test(`${source}: not bundled, the shop is traced as its bundles are to be`, async () => {
    assert.equal(await traceOf(`bundled/shop.${source}`, { DATABASE_URL }, { requests }), WHOLE)
  })

  for (const format of ['cjs', 'esm'] as const) {
    for (const minify of [false, true]) {
      const kind = `${source} as ${minify ? 'minified ' : ''}${format}`

      test(`${kind}: with the plugin, all that is inlined is traced`, async (t) => {
        const app = await bundle(t, `bundled/shop.${source}`, { format, minify, plugins: [autospan()] })
        assert.equal(await traceOf(app, { DATABASE_URL }, { requests }), WHOLE)
      })

      test(`${kind}: without the plugin, what needs no patch is traced`, async (t) => {
        const app = await bundle(t, `bundled/shop.${source}`, { format, minify })
        assert.equal(await traceOf(app, { DATABASE_URL }, { requests }), PART)
      })
    }
  }
}

test('with the plugin and without the agent, a bundle runs as ever', async (t) => {
  const app = await bundle(t, 'bundled/shop.mjs', { format: 'esm', plugins: [autospan()] })
  const server = await start(t, app, { agent: false, env: { DATABASE_URL } })
  assert.deepEqual(await (await fetch(`${server.url}/items/tea`)).json(), { item: 'tea' })
  assert.equal((await server.stop()).stderr, '')
})
