// Exits when half of an answer is sent.
import { get } from 'node:http'
import express from 'express'

const app = express()
app.get('/teas/:id', (_request, response) => response.write('some'))
const server = app.listen(0, '127.0.0.1', () => {
  get({ host: '127.0.0.1', port: server.address().port, path: '/teas/7' }, (response) => {
    response.on('data', () => process.exit(3))
  })
})
