// Makes a thread that does nothing.
const { Worker } = require('node:worker_threads')

new Worker('', { eval: true })
