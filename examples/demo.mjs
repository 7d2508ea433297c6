// npm run demo: two services without tracing code and a database; their traces, metrics and logs are shown here.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { drawMetrics } from '../dist/src/export/console/metric-table.js'
import { drawTrace } from '../dist/src/export/console/tree.js'
import { startCollector } from './collector.mjs'

const SPANS = 12
const POINTS = 4
const register = new URL('../register.mjs', import.meta.url).href

const forwardTo = process.env.OTEL_EXPORTER_OTLP_ENDPOINT
const collector = await startCollector(forwardTo)
const database = process.env.DATABASE_URL === undefined ? await startDatabase() : undefined
const databaseUrl = database?.url ?? process.env.DATABASE_URL

await inDatabase('CREATE TABLE IF NOT EXISTS autospan_demo (id integer PRIMARY KEY, item text, price numeric)')
await inDatabase(`INSERT INTO autospan_demo VALUES (7, 'tea', 4.50), (8, 'saffron', 12.00) ON CONFLICT DO NOTHING`)

console.log('Starting two services that hold no tracing code:')
const orders = await startService('orders', { DATABASE_URL: databaseUrl })
const gateway = await startService('gateway', { ORDERS_URL: orders.url })

console.log()
for (const id of ['7', '8', 'seven']) {
  const response = await fetch(`${gateway.url}/shop/orders/${id}`)
  console.log(`GET /shop/orders/${id} -> ${response.status} ${await response.text()}`)
}

// A service ends by itself when its work is done, and delivers what is left.
for (const { child } of [gateway, orders]) await end(child)
await inDatabase('DROP TABLE autospan_demo')
if (database !== undefined) await end(database.child)
await collector.stop()

const { columns = 110, isTTY = false } = process.stdout
console.log()
const byStart = collector.spans.toSorted((a, b) => a.startMillis - b.startMillis)
for (const traceId of new Set(byStart.map((span) => span.traceId))) {
  const spans = byStart.filter((span) => span.traceId === traceId)
  console.log(drawTrace(spans, { width: columns, colour: isTTY }))
}

console.log(`How long the services took; the trace is that of the slowest request:\n${drawMetrics(collector.points)}\n`)

const warning = orders.lines.find((line) => line.includes('looking for saffron'))
console.log(`What the orders service logged meanwhile, with the same trace_id:\n${warning}\n`)

if (
  collector.spans.length !== SPANS ||
  collector.points.length !== POINTS ||
  gateway.child.exitCode !== 0 ||
  orders.child.exitCode !== 0
) {
  console.error(`The demo failed: ${collector.spans.length} of ${SPANS} spans came.`)
  process.exitCode = 1
} else if (forwardTo === undefined) {
  console.log('To see this in a collector, Jaeger or Tempo of yours:')
  console.log('  OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 npm run demo')
  console.log('DATABASE_URL=postgres://... takes a PostgreSQL of yours instead of the embedded one.')
} else {
  console.log(`The same spans went to ${forwardTo}: ${collector.forwarded}.`)
}

/** As in `OTEL_SERVICE_NAME=<name> node --import ./register.mjs examples/<name>.mjs`. */
async function startService(name, env) {
  console.log(`  node --import ./register.mjs examples/${name}.mjs`)
  const { child, port, lines } = await start(name, ['--import', register], {
    OTEL_SERVICE_NAME: name,
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_LOG_LEVEL: 'warn',
    ...env,
  })
  return { child, url: `http://127.0.0.1:${port}`, lines }
}

async function startDatabase() {
  const { child, port } = await start('database', [], {})
  return { child, url: `postgres://postgres:postgres@127.0.0.1:${port}/postgres` }
}

async function start(name, execArgv, env) {
  const file = fileURLToPath(new URL(`./${name}.mjs`, import.meta.url))
  const child = fork(file, { execArgv, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
  const lines = []
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line))
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`examples/${name}.mjs ended with code ${code}`)
  })
  const [port] = await Promise.race([once(child, 'message'), ended])
  ended.catch(() => {})
  return { child, port, lines }
}

async function end(child) {
  child.disconnect()
  if (child.exitCode === null) await once(child, 'exit')
}

/** Over a connection that is closed at once: the embedded database takes one at a time. */
async function inDatabase(statement) {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  await client.query(statement)
  await client.end()
}
