// A server with routes, middleware and an application within another.
class Failure extends Error {
  name = 'Failure'
}

function fail() {
  throw new Failure('of an application within')
}

exports.run = (Hono, serve) => {
  const app = new Hono()
  app.use('*', (_c, next) => next())
  app.get('/users/me', (c) => c.text('me'))
  app.get('/users/:id', (c) => c.text(c.req.param('id')))
  app.get('/call', async (c) => c.text(await (await fetch(`${c.req.url.slice(0, -'/call'.length)}/users/7`)).text()))
  app.get('/more/:id', (_c, next) => next())
  app.get('/more/less', (c) => c.text('less'))
  app.all('/any/:thing', (c) => c.text('any'))
  app.get('/files/*', (c) => c.text('file'))
  app.use('/guarded/*', (c) => c.text('no', 401))
  app.get('/guarded/users/:id', (c) => c.text('yes'))
  app.get('/broken/:id', () => {
    throw new Failure('thrown')
  })
  app.get('/rejected', async () => {
    await null
    throw new Failure('rejected')
  })
  app.get('/conflict', () => {
    throw Object.assign(new Error('not now'), { status: 409 })
  })
  app.get('/text', async () => {
    throw 'a text'
  })
  // Else Hono prints the error.
  app.onError((error, c) => c.text(error.message, error.status ?? 500))
  app.route('/sub', new Hono().get('/orders/:order', (c) => c.json({})).get('/broken', fail))
  app.route(
    '/own',
    new Hono()
      .get('/broken', fail)
      .get('/missing', fail)
      .onError((error, c) => c.text(error.message, c.req.path === '/own/missing' ? 404 : 503)),
  )

  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) =>
    console.log(`listening ${port}`),
  )
  process.on('SIGTERM', () => server.close())
}
