import { createServer } from 'node:http'
import express from 'express'

const app = express()
app.get('/fail', () => {
  throw new RangeError('failed')
})
app.get('/crash', () => {
  setImmediate(() => {
    throw new TypeError('crashed')
  })
})
app.use((error, _request, response, _next) => response.status(500).end(error.message))

if (process.argv[2] === 'at-once') {
  Promise.reject(new TypeError('crashed'))
} else {
  const server = createServer(app)
  server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`))
}
