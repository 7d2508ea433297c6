// The second service of the chain: fastify and one SELECT by key.
const fastify = require('fastify')
const { Pool } = require('pg')

const pool = new Pool({
  connectionString: process.env.BENCH_DATABASE_URL,
  max: Number(process.env.BENCH_CONNECTIONS),
  // Programs wait for their turn for longer than 10 s, and some agents make spans of connections.
  idleTimeoutMillis: 0,
})
const app = fastify()

app.get('/orders/:id', async (request) => {
  const { rows } = await pool.query('SELECT id, name, price FROM autospan_bench_items WHERE id = $1', [
    request.params.id,
  ])
  return rows[0]
})

app.listen({ port: 0, host: '127.0.0.1' }).then(() => console.log(app.server.address().port))
