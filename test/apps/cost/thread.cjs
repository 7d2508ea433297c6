// Makes a thread, which tells what has been loaded in it until its first line.
const { isMainThread, Worker } = require('node:worker_threads')

if (isMainThread) {
  new Worker(__filename)
} else {
  const files = Object.keys(require.cache)
  const builtins = process.moduleLoadList.filter((name) => name.startsWith('NativeModule '))
  process._rawDebug(JSON.stringify({ files, builtins }))
}
