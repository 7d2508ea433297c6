// A server and a client print what they have in hand: what of that is the agent's, line for line.
const { createServer, get } = require('node:http')
const { inspect } = require('node:util')

const server = createServer((request, response) => {
  tell('a request', request)
  tell('a response', response)
  tell('a connection', request.socket)
  response.end()
})

server.listen(0, '127.0.0.1', () => {
  const sent = get({ ...server.address(), host: '127.0.0.1', agent: false }, (answer) => {
    tell('a request sent', sent)
    tell('an answer', answer)
    answer.resume()
    server.close()
  })
})

function tell(what, printed) {
  const own = Reflect.ownKeys(printed).filter((key) => Object.prototype.propertyIsEnumerable.call(printed, key))
  const ours = own.filter((key) => String(key).includes('autospan'))
  const lines = inspect(printed, { depth: 1, getters: true }).split('\n')
  const marked = lines
    .filter((line) => /autospan|Span\b|Served|Recorded|Context \{/.test(line))
    .map((line) => line.trim())
  console.log(`${what}: ${ours.length} of ours, ${[...new Set(marked)].join(' ')}`)
}
