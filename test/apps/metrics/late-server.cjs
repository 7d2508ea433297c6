// Is idle before it loads node:http, and tells whether Node.js was asked for requests then, and after the first one.
const { hasSubscribers } = require('node:diagnostics_channel')
const { look } = require('./ticks.cjs')

const CHANNEL = 'http.server.request.start'

const alive = setTimeout(() => {}, 30_000)

look().then(() => {
  const before = hasSubscribers(CHANNEL)
  const { createServer, get } = require('node:http')
  createServer((_, response) => response.end()).listen(0, '127.0.0.1', function () {
    get({ port: this.address().port, agent: false }, (response) => {
      response.resume().on('end', () => {
        console.log(JSON.stringify({ before, after: hasSubscribers(CHANNEL) }))
        clearTimeout(alive)
        process.exit()
      })
    })
  })
})
