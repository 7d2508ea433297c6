// The first process of its namespace, as the program of a container: which no signal ends that it does not listen to. It
// sends itself one when it is asked to, tells that it goes on, and ends by /end.
const { createServer } = require('node:http')

const server = createServer(({ url }, response) => {
  if (url === '/signal') process.kill(process.pid, 'SIGTERM')
  response.end(String(process.pid))
  if (url === '/end') server.close().closeIdleConnections()
})
server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`))
