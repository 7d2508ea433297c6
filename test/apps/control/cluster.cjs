// Serves in another process of a cluster, until it is told /bye.
const cluster = require('node:cluster')
const { createServer } = require('node:http')

if (cluster.isPrimary) cluster.fork()
else {
  const server = createServer((request, response) => {
    response.setHeader('connection', 'close').end('ok')
    if (request.url === '/bye') server.close(() => process.disconnect())
  })
  server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`))
}
