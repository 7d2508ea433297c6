// The service that the world sees: express, no tracing code. It asks the orders service.
import express from 'express'

const orders = process.env.ORDERS_URL ?? 'http://localhost:3001'

const app = express()
const shop = express.Router()
app.use('/shop', shop)

shop.get('/orders/:id', async (req, res) => {
  const response = await fetch(`${orders}/orders/${req.params.id}`)
  if (!response.ok) throw new Error(`the orders service answered ${response.status}`)
  res.json(await response.json())
})

app.use((error, _req, res, _next) => {
  res.status(502).json({ error: error.message })
})

const server = app.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
  process.send?.(server.address().port)
})
process.on('disconnect', () => {
  server.close()
  server.closeAllConnections()
})
