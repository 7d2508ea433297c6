// fastify and koa behind HTTP/2 with TLS, asked by it and, for they allow that too, by HTTP/1; and by undici.
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, createSecureServer } from 'node:http2'
import { get } from 'node:https'
import { join } from 'node:path'
import Router from '@koa/router'
import Fastify from 'fastify'
import Koa from 'koa'
import { Agent, fetch } from 'undici7'

const certificates = join(import.meta.dirname, '../http')
const tls = {
  key: readFileSync(join(certificates, 'key.pem')),
  cert: readFileSync(join(certificates, 'cert.pem')),
  allowHTTP1: true,
}
const rejectUnauthorized = false

const fastify = Fastify({ http2: true, https: tls })
fastify.get('/orders/:id', async ({ params }) => params)
fastify.get('/fail', async () => {
  throw new RangeError('bad')
})
await fastify.listen({ port: 0, host: '127.0.0.1' })
const ofFastify = `https://127.0.0.1:${fastify.server.address().port}`

const router = new Router()
router.get('/users/:id', (context) => {
  context.body = context.params
})
const koa = createSecureServer(tls, new Koa().use(router.routes()).callback()).listen(0, '127.0.0.1')
await once(koa, 'listening')
const ofKoa = `https://127.0.0.1:${koa.address().port}`

async function askBySession(origin, path) {
  const session = connect(origin, { rejectUnauthorized })
  const request = session.request({ ':path': path }).resume()
  await once(request, 'close')
  session.close()
}

await askBySession(ofFastify, '/orders/1')
await askBySession(ofFastify, '/fail')
await askBySession(ofFastify, '/none')
await askBySession(ofKoa, '/users/1')
for (const url of [`${ofFastify}/orders/2`, `${ofKoa}/users/2`]) {
  await new Promise((resolve) =>
    get(url, { rejectUnauthorized, agent: false }, (response) => response.resume().on('end', resolve)),
  )
}
const dispatcher = new Agent({ allowH2: true, connect: { rejectUnauthorized } })
await (await fetch(`${ofFastify}/orders/3`, { dispatcher })).text()
await dispatcher.close()
await fastify.close()
koa.close()
