// Serves one route with the express that it is given, and asks for it.
const { once } = require('node:events')

module.exports = async (express) => {
  const app = express()
  app.get('/users/:id', (req, res) => res.send(`user ${req.params.id}`))
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const response = await fetch(`http://127.0.0.1:${server.address().port}/users/7`)
  console.log(await response.text())
  server.close()
  server.closeAllConnections()
}
