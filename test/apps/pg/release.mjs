// Gives a client back to a pool in a request of the program's own: LISTENER is who hears of it, and tells whose it was.
import { AsyncLocalStorage } from 'node:async_hooks'
import { once } from 'node:events'
import { trace } from '@opentelemetry/api'
import pg from 'pg'

const { DATABASE_URL: connectionString, LISTENER } = process.env
const tracer = trace.getTracer('app')
const requests = new AsyncLocalStorage()
const told = new Set()
const tell = () => told.add(`${LISTENER} in ${requests.getStore()}`)
const options = { connectionString, idleTimeoutMillis: 1, max: 1 }
if (LISTENER === 'log') options.log = (text) => text === 'no queued requests' && tell()
const pool = new pg.Pool(options)
if (LISTENER === 'release' || LISTENER === 'remove') pool.on(LISTENER, tell)
const isOver = LISTENER === 'end' ? undefined : once(pool, 'remove')

await requests.run('a request', () => tracer.startActiveSpan('request', giveBack))
await isOver
if (LISTENER !== 'end') await pool.end()
process.on('exit', () => console.log([...told].join()))

async function giveBack() {
  const client = await pool.connect()
  if (LISTENER === 'end') pool.end(tell)
  if (LISTENER === 'acquire') {
    pool.on('acquire', tell)
    pool.query('SELECT 1')
  }
  if (LISTENER === 'waiter')
    pool.connect((_error, _client, release) => {
      tell()
      release()
    })
  client.release()
}
