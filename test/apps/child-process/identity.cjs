// Prints all that a program can see of the functions of child_process, and what they say of wrong arguments.
const cp = require('node:child_process')
const { createServer, get } = require('node:http')
const { promisify } = require('node:util')

const seen = {}
for (const [name, fn] of [...Object.entries(cp), ['spawn method', cp.ChildProcess.prototype.spawn]]) {
  seen[name] = [fn.name, fn.length, String(fn).length, Object.keys(fn), fn[promisify.custom] !== undefined]
}
// In the context of a span, where there is a trace to give.
const server = createServer((_request, response) => {
  for (const [name, ...args] of [
    ['spawn'],
    ['spawn', 'node', 'text'],
    ['spawnSync', 'node', [], null],
    ['spawnSync', 'node', 'text'],
    ['spawnSync', 'node', [], 7],
    ['execFileSync', 'node', ['--no-such-flag'], { stdio: 'ignore' }],
    ['execSync', 'exit 3', { stdio: 'ignore' }],
    ['execSync', 'node', { timeout: 'long' }],
  ]) {
    try {
      seen[JSON.stringify([name, ...args])] = String(cp[name](...args))
    } catch ({ message, code, status }) {
      seen[JSON.stringify([name, ...args])] = [message, code, status]
    }
  }
  response.end()
}).listen(0, '127.0.0.1', () => {
  get({ port: server.address().port, host: '127.0.0.1' }, (response) => {
    response.resume().on('end', () => {
      console.log(JSON.stringify(seen, null, 1))
      server.close()
    })
  })
})
