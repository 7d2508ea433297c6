// Prints what an agent that is absent leaves alone.
const http = require('node:http')

const patched = [http.Server, http.ClientRequest, http.IncomingMessage, http.ServerResponse].filter(({ prototype }) =>
  Object.hasOwn(prototype, 'emit'),
)
const loaded = Object.keys(require.cache)
  .filter((path) => !path.startsWith(__dirname))
  .map((path) => path.split('/').at(-1))
const registry = globalThis[Symbol.for('opentelemetry.js.api.1')]
console.log(
  JSON.stringify({
    patched: patched.length,
    loaded,
    registry: registry === undefined,
    listeners: process.listenerCount('beforeExit') + process.listenerCount('exit'),
    timersAndSockets: process.getActiveResourcesInfo().filter((kind) => /Timeout|Immediate|TCP|Server/.test(kind)),
  }),
)
