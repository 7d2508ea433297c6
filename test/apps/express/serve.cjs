// Serves the routes with the express that it is given.
const routes = require('./routes.cjs')

module.exports = (express) => {
  const server = routes(express).listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`))
  process.on('SIGTERM', () => {
    server.close()
    server.closeAllConnections()
  })
}
