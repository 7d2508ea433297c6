// Serves in a worker thread, until it is told /bye.
const { createServer } = require('node:http')
const { isMainThread, Worker } = require('node:worker_threads')

if (isMainThread) new Worker(__filename)
else {
  const server = createServer((request, response) => {
    response.setHeader('connection', 'close').end('ok')
    if (request.url === '/bye') server.close()
  })
  server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`))
}
