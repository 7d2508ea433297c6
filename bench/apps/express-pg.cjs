// One SELECT by key for each request.
const express = require('express')
const { Pool } = require('pg')

const pool = new Pool({
  connectionString: process.env.BENCH_DATABASE_URL,
  max: Number(process.env.BENCH_CONNECTIONS),
  // Programs wait for their turn for longer than 10 s, and some agents make spans of connections.
  idleTimeoutMillis: 0,
})
const app = express()

app.get('/items/:id', async (request, response) => {
  const { rows } = await pool.query('SELECT id, name, price FROM autospan_bench_items WHERE id = $1', [
    request.params.id,
  ])
  response.json(rows[0])
})

const server = app.listen(0, '127.0.0.1', () => console.log(server.address().port))
