// The shop of shop.mjs, by `require`.
const express = require('express')
const { fastify } = require('fastify')
const pg = require('pg')

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 1 })

const stock = fastify()
stock.get('/stock/:item', async ({ params }) => {
  await pool.query('SELECT * FROM stock WHERE item = $1', [params.item])
  return { item: params.item }
})

const shop = express()
shop.get('/items/:item', async (request, response) => {
  const { port } = stock.server.address()
  const answer = await fetch(`http://127.0.0.1:${port}/stock/${request.params.item}`)
  response.json(await answer.json())
})
shop.get('/fail', () => {
  throw new TypeError('out of tea')
})

stock.listen({ port: 0, host: '127.0.0.1' }, () => {
  const server = shop.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`))
  process.on('SIGTERM', () => {
    server.close()
    server.closeAllConnections()
    stock.close()
    pool.end()
  })
})
