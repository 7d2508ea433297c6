const http = require('http')

const server = http.createServer((_req, res) => res.end('ok'))
server.listen(0, '127.0.0.1', () => {
  http.get(`http://127.0.0.1:${server.address().port}/`, (res) => res.resume().on('end', () => server.close()))
})
