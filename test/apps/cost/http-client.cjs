const { Agent, createServer, get } = require('node:http')

const agent = new Agent({ keepAlive: true })
const server = createServer((_request, response) => {
  get(process.env.COST_PEER, { agent }, (answer) => {
    answer.resume()
    answer.on('end', () => response.end('hello'))
  })
})
server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`))
process.on('SIGTERM', () => process.reallyExit(0))
