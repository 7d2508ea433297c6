// A server with routes, middleware and errors.
const { get } = require('node:http')
const { trace } = require('@opentelemetry/api')
const mount = require('koa-mount')

exports.serve = (Koa, Router) => {
  const app = process.env.OWN_CONTEXTS ? new (ofOwnContexts(Koa))() : new Koa()
  // Else koa prints the errors that the test is about.
  app.silent = true

  app.use(async (ctx, next) => {
    try {
      await next()
    } catch (error) {
      if (error.answer === undefined) throw error
      ctx.status = error.answer
      ctx.body = 'handled'
      ctx.app.emit('error', error, ctx)
    }
  })
  app.use(mount('/mounted', mountable()))
  app.use(routes().routes())
  app.use((ctx, next) => {
    if (ctx.path !== '/plain') return next()
    ctx.body = 'plain'
  })

  const server = app.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`))
  process.on('SIGTERM', () => server.close())

  function mountable() {
    const router = new Router()
    router.get('/', (ctx) => {
      ctx.body = 'index'
    })
    router.get('/users/:id', (ctx) => {
      ctx.body = ctx.params.id
    })
    router.get('/raw/:id', (ctx) => {
      ctx.respond = false
      ctx.res.writeHead(200).end('raw')
    })
    return new Koa().use(router.routes())
  }

  function routes() {
    const router = new Router()
    router.get('/users/me', (ctx) => {
      ctx.body = 'me'
    })
    router.get('/users/:id', (ctx) => {
      ctx.body = ctx.params.id
    })
    router.get('/more/:id', (_ctx, next) => next())
    router.get('/more/less', (ctx) => {
      ctx.body = 'less'
    })
    router.get(/^\/files\/(.*)/, (ctx) => {
      ctx.body = 'file'
    })
    router.get('/active', async (ctx) => {
      await new Promise((resolve) => setImmediate(resolve))
      ctx.body = trace.getActiveSpan()?.spanContext().spanId
    })
    router.get('/call', async (ctx) => {
      ctx.body = await new Promise((resolve) => {
        const { port } = server.address()
        get({ port, path: '/users/1' }, (response) => response.resume().on('end', () => resolve('called')))
      })
    })

    const orders = new Router({ prefix: '/orders' })
    orders.get('/:order', (ctx) => {
      ctx.body = 'order'
    })
    const version1 = new Router({ prefix: '/v1' })
    version1.use((ctx, next) => {
      if (ctx.get('authorization') !== 'wrong') return next()
      ctx.status = 401
    })
    version1.use(orders.routes())
    router.use(version1.routes())

    router.get('/mounted/passed/:on', (ctx) => {
      ctx.body = 'not answered by what is mounted'
    })
    router.get('/fail/throw', () => {
      throw new Failure('thrown')
    })
    router.get('/fail/reject', async () => {
      await null
      throw new Failure('rejected')
    })
    router.get('/fail/status', (ctx) => ctx.throw(503, 'not now'))
    router.get('/fail/conflict', (ctx) => ctx.throw(409, 'conflict'))
    router.get('/handled/:answer', (ctx) => {
      throw Object.assign(new Failure('handled'), { answer: Number(ctx.params.answer) })
    })
    return router
  }
}

/** As egg does: without a call of koa's own `createContext`. */
function ofOwnContexts(Koa) {
  return class Framework extends Koa {
    createContext(req, res) {
      const context = Object.create(this.context)
      const request = Object.create(this.request)
      const response = Object.create(this.response)
      Object.assign(context, { app: this, req, res, request, response, originalUrl: req.url, state: {} })
      Object.assign(request, { app: this, req, res, ctx: context, response, originalUrl: req.url })
      Object.assign(response, { app: this, req, res, ctx: context, request })
      return context
    }
  }
}

class Failure extends Error {
  name = 'Failure'
}
