// Serves HTTP, and tells what has been loaded until it does.
const { createServer } = require('node:http')

const server = createServer()
server.listen(0, '127.0.0.1', () => {
  const files = Object.keys(require.cache)
  const builtins = process.moduleLoadList.filter((name) => name.startsWith('NativeModule '))
  process._rawDebug(JSON.stringify({ files, builtins }))
  process.exit()
})
