// npm run demo: two services without tracing code, started with the agent; their traces are drawn here.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { drawTraces } from '../dist/src/export/tree.js'
import { startCollector } from './collector.mjs'

const SPANS = 10

const forwardTo = process.env.OTEL_EXPORTER_OTLP_ENDPOINT
const collector = await startCollector(forwardTo)

console.log('Starting two services that hold no tracing code:')
const inventory = await startService('inventory')
const gateway = await startService('gateway', { INVENTORY_URL: inventory.url })

console.log()
for (const item of ['tea', 'plutonium']) {
  const response = await fetch(`${gateway.url}/checkout/${item}`)
  console.log(`GET /checkout/${item} -> ${response.status} ${await response.text()}`)
}

// A service ends by itself when its work is done, and delivers what is left.
for (const { child } of [gateway, inventory]) {
  child.disconnect()
  if (child.exitCode === null) await once(child, 'exit')
}
await collector.stop()

const { columns = 100, isTTY = false } = process.stdout
console.log(`\n${drawTraces(collector.spans, { width: columns, colour: isTTY })}`)

if (collector.spans.length !== SPANS || gateway.child.exitCode !== 0 || inventory.child.exitCode !== 0) {
  console.error(`The demo failed: ${collector.spans.length} of ${SPANS} spans came.`)
  process.exitCode = 1
} else if (forwardTo === undefined) {
  console.log('To see this in a collector, Jaeger or Tempo of yours:')
  console.log('  OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 npm run demo')
} else {
  console.log(`The same spans went to ${forwardTo}: ${collector.forwarded}.`)
}

/** As in `OTEL_SERVICE_NAME=<name> node --import ./register.mjs examples/<name>.mjs`. */
async function startService(name, env = {}) {
  console.log(`  node --import ./register.mjs examples/${name}.mjs`)
  const child = fork(fileURLToPath(new URL(`./${name}.mjs`, import.meta.url)), {
    execArgv: ['--import', new URL('../register.mjs', import.meta.url).href],
    env: {
      ...process.env,
      OTEL_SERVICE_NAME: name,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_LOG_LEVEL: 'warn',
      ...env,
    },
  })
  const [port] = await once(child, 'message')
  return { child, url: `http://127.0.0.1:${port}` }
}
