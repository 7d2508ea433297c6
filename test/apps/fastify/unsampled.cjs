// Serves itself requests with a route, one that is not found, and ends.
const fastify = require('fastify')

const app = fastify()
app.get('/users/:id', async ({ params }) => params.id)

app.listen({ host: '127.0.0.1', port: 0 }).then(async (url) => {
  for (const path of ['/users/1', '/users/2', '/nowhere']) await (await fetch(url + path)).text()
  await app.close()
})
