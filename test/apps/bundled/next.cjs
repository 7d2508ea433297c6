// What stands in for the entry file of a standalone build of Next.js: small, and beside its .next.
const { createServer } = require('node:http')

const server = createServer((_request, response) => response.end()).listen(0, '127.0.0.1', () => {
  console.log(`listening ${server.address().port}`)
})
process.on('SIGTERM', () => server.close())
