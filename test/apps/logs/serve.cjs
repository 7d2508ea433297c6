const { createServer } = require('node:http')
const { setTimeout: wait } = require('node:timers/promises')

/**
 * A server that logs `plain` before it listens and while it answers, with more records of every kind, and stops at
 * SIGTERM. `log` writes the records of one request.
 */
exports.serve = (log) => {
  log()
  const server = createServer(async (_request, response) => {
    log()
    await wait(1)
    log()
    response.end()
  })
  server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`))
  process.on('SIGTERM', () => server.close())
}
