// Asks itself once, by node:http or fetch, for each request, and answers with the headers that came with the question.
const { createServer, get } = require('node:http')

const server = createServer((req, res) => {
  const { port } = server.address()
  if (req.url === '/inner') res.setHeader('x-twice', ['a', 'b']).end(JSON.stringify(req.headers))
  else if (req.url === '/fetch')
    fetch(`http://127.0.0.1:${port}/inner`).then(async (inner) => res.end(await inner.text()))
  else get({ port, host: '127.0.0.1', path: '/inner' }, (inner) => inner.pipe(res))
})

server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`))
