// The main thread and a worker serve the same routes; one request has the worker terminated.
const { isMainThread, parentPort, Worker } = require('node:worker_threads')
const express = require('express')

const app = express()
app.get('/users/:id', (_request, response) => response.send('ann'))
app.get('/terminate', () => parentPort.postMessage('terminate'))
const server = app.listen(0, '127.0.0.1', () => {
  const { port } = server.address()
  if (!isMainThread) return parentPort.postMessage(port)
  const worker = new Worker(__filename)
  worker.on('message', (message) => {
    if (message === 'terminate') return worker.terminate().then(() => console.log('gone'))
    console.log(`worker ${message}`)
    console.log(`listening ${port}`)
  })
})
