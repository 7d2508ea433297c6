// Sends requests to a server of its own, in the way that WAY names, and ends.

import * as namespace from 'node:http'
import http, { createServer, get, request } from 'node:http'

const server = createServer((req, res) => {
  res.end(JSON.stringify({ url: req.url, headers: req.rawHeaders }))
})

const ways = {
  default: (url) => viaCallback((done) => http.get(url, done)),
  named: (url) => viaCallback((done) => get(url, done)),
  namespace: (url) => viaCallback((done) => namespace.get(url, done)),
  request: (url) => viaCallback((done) => request(url, done).end()),
  builtin: (url) => viaCallback((done) => process.getBuiltinModule('http').get(url, done)),
  construct: (url) => viaCallback((done) => new http.ClientRequest(url, done).end()),
  options: ({ hostname, port, pathname }) => viaCallback((done) => get({ hostname, port, path: pathname }, done)),
  list: ({ hostname, port, pathname }) =>
    viaCallback((done) => get({ hostname, port, path: pathname, headers: ['Host', `${hostname}:${port}`] }, done)),
  fetch: async (url) => (await fetch(url)).text(),
}

server.listen(0, '127.0.0.1', async () => {
  const text = await ways[process.env.WAY](new URL(`http://127.0.0.1:${server.address().port}/hello`))
  console.log(text)
  server.close()
})

function viaCallback(call) {
  return new Promise((resolve, reject) => {
    call((res) => {
      let text = ''
      res.setEncoding('utf8')
      res.on('data', (chunk) => {
        text += chunk
      })
      res.on('end', () => resolve(text))
    }).on('error', reject)
  })
}
