// Many traced queries in every way, then the number of spans that are still alive while the connections are open.
import { setTimeout } from 'node:timers/promises'
import { queryObjects } from 'node:v8'
import { trace } from '@opentelemetry/api'
import pg from 'pg'
import Cursor from 'pg-cursor'
import QueryStream from 'pg-query-stream'

// Node.js makes it when it is first used, which a warning of pg would do within a request, and its pipe stays in that.
void process.stderr

const tracer = trace.getTracer('app')
const pool = new pg.Pool({
  connectionString: process.env.DATABASE_URL,
  max: 3,
  maxLifetimeSeconds: 600,
  connectionTimeoutMillis: 60_000,
})
pool.on('connect', (client) => client.query('SET x TO y'))
// pg never clears the timer that this makes for a cursor, so the pool has none.
const listener = new pg.Client({ connectionString: process.env.DATABASE_URL, query_timeout: 60_000 })
let Span

await request(async () => {
  await listener.connect()
  listener.on('notification', () => {})
  await listener.query('LISTEN news')
})
for (let round = 0; round < 20; round++) {
  await Promise.all([
    request(() => pool.query('SELECT * FROM t WHERE id = $1', [1])),
    request(() => new Promise((resolve) => pool.query('SELECT * FROM t', resolve))),
    request(
      () =>
        new Promise((resolve) =>
          pool.connect((_error, client, release) => client.query('SELECT * FROM t', () => resolve(release()))),
        ),
    ),
    request(() => pool.query('SELECT fail').catch(() => {})),
    request(() => checkedOut((client) => client.query('BEGIN'))),
    request(() => checkedOut((client) => client.query(new Cursor('SELECT * FROM t')).read(1000))),
    request(() => checkedOut((client) => client.query(new QueryStream('SELECT * FROM t')).toArray())),
    request(() => pool.query('NOTIFY news')),
  ])
}
// Connections that the pool has given up are closing, and have the last word.
let alive = queryObjects(Span)
for (let i = 0; alive > 0 && i < 50; i++) {
  await setTimeout(20)
  alive = queryObjects(Span)
}
console.log(`${alive} spans are alive`)
await pool.end()
await listener.end()

function request(work) {
  return tracer.startActiveSpan('request', async (span) => {
    Span = span.constructor
    await work()
    span.end()
  })
}

async function checkedOut(work) {
  const client = await pool.connect()
  await work(client)
  client.release()
}
