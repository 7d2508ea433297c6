// The service behind it: fastify with its logger, and PostgreSQL, no tracing code.
import { setTimeout } from 'node:timers/promises'
import fastify from 'fastify'
import pg from 'pg'

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 1 })
const app = fastify({ logger: { level: 'warn' } })

app.get('/orders/:id', async (request, reply) => {
  const { rows } = await pool.query('SELECT item, price FROM autospan_demo WHERE id = $1', [request.params.id])
  if (rows.length === 0) reply.code(404)
  // Rare things are far back in the store.
  if (rows[0]?.item === 'saffron') {
    request.log.warn('looking for saffron')
    await setTimeout(300)
  }
  return rows[0] ?? { error: 'no such order' }
})

await app.listen({ port: Number(process.env.PORT ?? 0), host: '127.0.0.1' })
process.send?.(app.server.address().port)
process.on('disconnect', async () => {
  app.server.closeAllConnections()
  await app.close()
  await pool.end()
})
