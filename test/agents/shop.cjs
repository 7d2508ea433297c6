// Serves a request, for which it sends two, asks a database and makes a span; then ends with a code of its own.
const http = require('node:http')
const { once } = require('node:events')
const { trace } = require('@opentelemetry/api')
const express = require('express')
const pg = require('pg')

const app = express()
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL })
const get = (path) => `http://127.0.0.1:${server.address().port}${path}`
app.get('/leaf', (_request, response) => response.send('leaf'))
app.get('/users/:id', async (request, response) => {
  await (await fetch(get('/leaf'))).text()
  const [sent] = await once(http.get(get('/leaf'), { agent: false }), 'response')
  sent.resume()
  await once(sent, 'end')
  await pool.query('SELECT 1')
  trace.getTracer('shop').startActiveSpan('price', (span) => span.end())
  response.send(`user ${request.params.id}`)
})
const server = app.listen(0, '127.0.0.1', async () => {
  console.log(await (await fetch(get('/users/7'))).text())
  await pool.end()
  server.close()
  server.closeAllConnections()
  process.exit(7)
})
