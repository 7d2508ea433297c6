// The first service of the chain: express, which asks the second by fetch.
const express = require('express')

const orders = process.env.BENCH_UPSTREAM
const app = express()

app.get('/checkout/:id', async (request, response) => {
  const answer = await fetch(`${orders}/orders/${request.params.id}`)
  response.json(await answer.json())
})

const server = app.listen(0, '127.0.0.1', () => console.log(server.address().port))
