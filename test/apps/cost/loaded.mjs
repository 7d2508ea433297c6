// Serves HTTP, and tells what has been loaded until it does.
import { createServer } from 'node:http'
import { createRequire } from 'node:module'

const { cache } = createRequire(import.meta.url)
const server = createServer()
server.listen(0, '127.0.0.1', () => {
  const files = Object.keys(cache)
  const builtins = process.moduleLoadList.filter((name) => name.startsWith('NativeModule '))
  process._rawDebug(JSON.stringify({ files, builtins }))
  process.exit()
})
