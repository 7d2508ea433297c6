// A server that serves no connection: it is handed requests and upgrades, as adapters for serverless platforms and mocks do.
const { EventEmitter } = require('node:events')
const http = require('node:http')
const { Socket } = require('node:net')
const { PassThrough } = require('node:stream')

const server = http.createServer((request, response) => response.end(`served ${request.url}`))

const request = new http.IncomingMessage(new Socket())
Object.assign(request, { method: 'GET', url: '/adapter', headers: { host: 'example.org' } })
const response = new http.ServerResponse(request)
const connection = Object.assign(new PassThrough(), { destroySoon() {} })
connection.on('data', (data) => console.log(String(data).split('\r\n').at(-1)))
response.assignSocket(connection)
server.emit('request', request, response)

const mock = Object.assign(new EventEmitter(), { end: (text) => console.log(text) })
for (let i = 0; i < 20; i++) server.emit('request', { method: 'GET', url: '/mock', headers: {} }, mock)

server.on('upgrade', ({ url }) => console.log(url))
for (let i = 0; i < 20; i++) server.emit('upgrade', { method: 'GET', url: '/mock', headers: {} }, new PassThrough())
