// A shop of express that asks itself once, and its stock.
import express from 'express'
import { open } from 'stock'

const stock = await open()
const shop = express()
shop.get('/items/:item', async (request, response) => {
  response.json(await (await fetch(`${stock.url}/stock/${request.params.item}`)).json())
})
const server = shop.listen(0, '127.0.0.1', async () => {
  console.log(await (await fetch(`http://127.0.0.1:${server.address().port}/items/tea`)).text())
  server.close()
  server.closeAllConnections()
  await stock.close()
})
