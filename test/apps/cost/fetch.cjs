const { createServer } = require('node:http')

const server = createServer(async (_request, response) => {
  const answer = await fetch(process.env.COST_PEER)
  response.end(await answer.text())
})
server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`))
process.on('SIGTERM', () => process.reallyExit(0))
