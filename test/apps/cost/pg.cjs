const { createServer } = require('node:http')
const { Pool } = require('pg')

const pool = new Pool({ connectionString: process.env.COST_PEER, max: 1 })
const server = createServer(async (_request, response) => {
  const { rows } = await pool.query('SELECT value FROM items WHERE id = $1', [42])
  response.end(rows[0].value)
})
server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`))
process.on('SIGTERM', () => process.reallyExit(0))
