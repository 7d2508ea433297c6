// Runs the worker file that it is given, as a logger does that writes in a thread.
const { Worker } = require('node:worker_threads')

new Worker(process.argv[2])
