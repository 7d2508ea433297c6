// A server with routes, middleware and an application within another.
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
    throw new Error('this is broken')
  })
  // Else Hono prints the error.
  app.onError((_error, c) => c.text('broken', 500))
  app.route(
    '/sub',
    new Hono().get('/orders/:order', (c) => c.json({})),
  )

  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) =>
    console.log(`listening ${port}`),
  )
  process.on('SIGTERM', () => server.close())
}
