// Pools of two databases in all their states. It exits while one client is lent and one caller waits.
import { once } from 'node:events'
import { createServer } from 'node:net'
import pg from 'pg'

const connectionString = process.env.DATABASE_URL
const refused = (error) => console.log(error.message)

// Ends, and is gone with all that belongs to it.
const gone = await (async () => {
  const pool = new pg.Pool({ connectionString })
  await pool.query('SELECT 1')
  await pool.end()
  return new WeakRef(pool)
})()

// Two pools of the same database; the numbers of one are as they come from the environment.
const other = new pg.Pool({ connectionString, max: '5', min: '1' })
await other.query('SELECT 1')
const pool = new pg.Pool({ connectionString, max: 1, connectionTimeoutMillis: 50 })
await pool.query('SELECT 1')
const client = await pool.connect()
await pool.connect().catch(refused)
setTimeout(() => client.release(), 20)
const waited = await pool.connect()
waited.release()
await pool.connect()

// A server that says nothing, and a pool without a bound.
const silent = createServer(() => {}).listen(0, '127.0.0.1')
await once(silent, 'listening')
const { port } = silent.address()
console.log(`silent at ${port}`)
const vain = new pg.Pool({ host: '127.0.0.1', port, database: 'silent', max: Infinity, connectionTimeoutMillis: 50 })
await vain.query('SELECT 1').catch(refused)

for (let i = 0; i < 100 && gone.deref() !== undefined; i++) {
  await new Promise((resolve) => setImmediate(resolve))
  globalThis.gc()
}
console.log(gone.deref() === undefined ? 'gone' : 'kept', vain.totalCount)

pool.connect()
process.exit()
