// Requests as nock makes them: they have the prototype of node:http's, whose constructor they do not call.
const { once } = require('node:events')
const { ClientRequest, createServer, get, OutgoingMessage } = require('node:http')
const { inherits } = require('node:util')

// As many as a suite of tests has.
const MOCKED = 12

inherits(Refused, ClientRequest)
function Refused() {
  OutgoingMessage.call(this)
  process.nextTick(() => this.emit('error', new Error('not allowed')))
}

inherits(Mocked, ClientRequest)
function Mocked(path) {
  OutgoingMessage.call(this)
  this.path = path
  process.nextTick(() => {
    this.emit('socket', {})
    this.emit('error', new Error('mocked'))
  })
}

async function failed(request) {
  const [error] = await once(request, 'error')
  console.log(error.message)
}

const server = createServer((_req, res) => res.end('real'))
server.listen(0, '127.0.0.1', async () => {
  for (let i = 0; i < MOCKED; i++) {
    await failed(new Mocked('/mocked'))
    const refused = new Refused()
    refused.end()
    await failed(refused)
  }
  const [res] = await once(get({ host: '127.0.0.1', port: server.address().port }), 'response')
  console.log(String(await res.reduce((text, chunk) => text + chunk, '')))
  server.close()
})
