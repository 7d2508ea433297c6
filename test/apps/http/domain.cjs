// A domain, which replaces `emit` of all emitters when it is first asked for, and its programs' messages belong to one.
const http = require('node:http')
const domain = require('node:domain')

const server = http.createServer((request, response) => {
  const own = domain.create()
  own.on('error', (error) => response.end(error.message))
  own.add(request)
  own.add(response)
  request.on('asked', () => console.log('request', process.domain === own))
  response.on('finish', () => console.log('response', process.domain === own))
  request.emit('asked')
  request.emit('error', new Error('of the request'))
})
server.listen(0, '127.0.0.1', () => {
  http.get({ port: server.address().port, agent: false }, (response) => {
    response.on('data', (data) => console.log(String(data)))
    response.on('end', () => server.close())
  })
})
