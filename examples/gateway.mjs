// The first service: plain node:http, no tracing code. GET /checkout asks the second service for stock and price.
import { createServer, request } from 'node:http'

const inventory = process.env.INVENTORY_URL

const server = createServer(async (req, res) => {
  if (!req.url.startsWith('/checkout/')) {
    res.writeHead(404).end()
    return
  }
  const item = req.url.slice('/checkout/'.length)
  const [stock, price] = await Promise.all([viaFetch(`/stock/${item}`), viaRequest(`/price/${item}`)])
  if (stock.status !== 200) {
    res.writeHead(502).end(`no stock of ${item}`)
    return
  }
  res.end(`${item}: ${stock.body} left at ${price.body}`)
})

async function viaFetch(path) {
  const response = await fetch(inventory + path)
  return { status: response.status, body: await response.text() }
}

function viaRequest(path) {
  return new Promise((resolve, reject) => {
    const call = request(inventory + path, (res) => {
      let body = ''
      res.on('data', (chunk) => {
        body += chunk
      })
      res.on('end', () => resolve({ status: res.statusCode, body }))
    })
    call.on('error', reject).end()
  })
}

server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
  process.send?.(server.address().port)
})
process.on('disconnect', () => {
  server.close()
  server.closeAllConnections()
})
