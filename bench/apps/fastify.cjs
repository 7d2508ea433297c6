// One route with a parameter.
const fastify = require('fastify')

const app = fastify()

app.get('/users/:id', (request, reply) => {
  reply.send({ id: request.params.id })
})

app.listen({ port: 0, host: '127.0.0.1' }).then(() => console.log(app.server.address().port))
