// What a shop has, behind fastify and PostgreSQL: a package of the workspace with libraries of its own.
const { fastify } = require('fastify')
const pg = require('pg')

exports.open = async () => {
  const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 1 })
  const stock = fastify()
  stock.get('/stock/:item', async ({ params }) => {
    await pool.query('SELECT * FROM stock WHERE item = $1', [params.item])
    return { item: params.item }
  })
  stock.addHook('onClose', () => pool.end())
  const url = await stock.listen({ port: 0, host: '127.0.0.1' })
  return { url, close: () => stock.close() }
}
