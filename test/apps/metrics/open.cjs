// Answers one request, and ends while it serves another.
const { createServer } = require('http')

const server = createServer((request, response) => {
  if (request.url === '/open') process.exit()
  response.end('ok')
}).listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`))
