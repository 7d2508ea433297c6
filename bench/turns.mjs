// node bench/turns.mjs: how long export holds up the event loop at 10,000 spans a second: the CPU time of its turns, which
// does not count what a busy machine adds. Needs Node.js 24 (process.threadCpuUsage).
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const APP = fileURLToPath(new URL('apps/turns.mjs', import.meta.url))
const REGISTER = new URL('../register.mjs', import.meta.url).href
const folder = mkdtempSync(join(tmpdir(), 'autospan-bench-'))
const sink = createServer((request, response) => request.resume().on('end', () => response.end())).listen(
  0,
  '127.0.0.1',
)
await once(sink, 'listening')
const url = `http://127.0.0.1:${sink.address().port}`

const CASES = {
  'no exporter': { OTEL_TRACES_EXPORTER: 'none' },
  otlp: {},
  'otlp, gzip': { OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip' },
  'otlp, http/json': { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' },
  'otlp, spool': { AUTOSPAN_SPOOL_DIRECTORY: join(folder, 'spool') },
  'otlp, outage': { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' },
  'otlp/file': { OTEL_TRACES_EXPORTER: 'otlp/file', AUTOSPAN_TRACES_FILE: join(folder, 'traces.jsonl') },
}

const rows = {}
for (const [name, env] of Object.entries(CASES)) {
  const child = fork(APP, {
    execArgv: ['--import', REGISTER],
    env: { OTEL_LOG_LEVEL: 'none', OTEL_EXPORTER_OTLP_ENDPOINT: url, AUTOSPAN_EXIT_TIMEOUT: '0', ...env },
  })
  const [turns] = await once(child, 'message')
  child.kill('SIGKILL')
  await once(child, 'exit')
  // The first second is that of the compiler.
  const sorted = turns.slice(1000).sort((a, b) => a - b)
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] / 1000
  rows[name] = { turns: sorted.length, 'p99 ms': at(0.99), 'p99.9 ms': at(0.999), 'max ms': at(1) }
}
console.table(rows)
sink.close()
rmSync(folder, { recursive: true, force: true })
