// The second service: plain node:http, no tracing code. It knows what is in stock, and fails for what it never heard of.
import { createServer } from 'node:http'

const items = new Map([
  ['tea', { stock: 12, price: '4.50' }],
  ['coffee', { stock: 3, price: '7.90' }],
])

const server = createServer((req, res) => {
  const [, question, name] = req.url.split('/')
  const item = items.get(name)
  // A query takes its time, and the two questions take different ones.
  setTimeout(
    () => {
      if (item === undefined) res.writeHead(500).end('unknown item')
      else res.end(String(item[question]))
    },
    question === 'stock' ? 12 : 5,
  )
})

server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
  process.send?.(server.address().port)
})
process.on('disconnect', () => {
  server.close()
  server.closeAllConnections()
})
