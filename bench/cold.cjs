// --require'd before the agent by instructions.mjs: after each answer the cache is filled with something else, as by
// another program whose turn it is. Simulated are 1 MiB, so all that a request touches has to be fetched anew.
const { subscribe } = require('node:diagnostics_channel')

const LINE_BYTES = 64
const step = LINE_BYTES / Int32Array.BYTES_PER_ELEMENT
const words = new Int32Array(Number(process.env.BENCH_EVICTING_LINES) * step)

function evict() {
  let sum = 0
  for (let i = 0; i < words.length; i += step) sum += words[i]
  return sum
}

subscribe('http.server.response.finish', () => setImmediate(evict))
