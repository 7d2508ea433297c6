// One request makes three to a backend, at the same time.
const { createServer } = require('node:http')

const backend = process.env.BENCH_UPSTREAM

const server = createServer(async (_request, response) => {
  const texts = await Promise.all([get('/a'), get('/b'), get('/c')])
  response.setHeader('content-type', 'text/plain')
  response.end(texts.join())
})

async function get(path) {
  const response = await fetch(backend + path)
  return response.text()
}

server.listen(0, '127.0.0.1', () => console.log(server.address().port))
