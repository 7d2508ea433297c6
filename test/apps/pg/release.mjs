// Gives a client back to a pool in a request of the program's own, once for each of those who hear of it: they tell whose it
// was.
import { AsyncLocalStorage } from 'node:async_hooks'
import { once } from 'node:events'
import { trace } from '@opentelemetry/api'
import pg from 'pg'

const connectionString = process.env.DATABASE_URL
const tracer = trace.getTracer('app')
const requests = new AsyncLocalStorage()
const told = new Set()

for (const listener of ['release', 'remove', 'log', 'end', 'acquire', 'waiter']) {
  const tell = () => told.add(`${listener} in ${requests.getStore()}`)
  const options = { connectionString, idleTimeoutMillis: 1, max: 1 }
  if (listener === 'log') options.log = (text) => text === 'no queued requests' && tell()
  const pool = new pg.Pool(options)
  if (listener === 'release' || listener === 'remove') pool.on(listener, tell)
  const isOver = listener === 'end' ? once(pool, 'told') : once(pool, 'remove')

  await requests.run(`the request of ${listener}`, () =>
    tracer.startActiveSpan('request', () => giveBack(pool, listener, tell)),
  )
  await isOver
  if (listener !== 'end') await pool.end()
}
process.on('exit', () => console.log([...told].join('\n')))

async function giveBack(pool, listener, tell) {
  const client = await pool.connect()
  if (listener === 'end')
    pool.end(() => {
      tell()
      pool.emit('told')
    })
  if (listener === 'acquire') {
    pool.on('acquire', tell)
    pool.query('SELECT 1')
  }
  if (listener === 'waiter')
    pool.connect((_error, _client, release) => {
      tell()
      release()
    })
  client.release()
}
