// Two queries of a pool that has one connection: WAY tells what of the program's runs when the one that waits is sent.
import { trace } from '@opentelemetry/api'
import pg from 'pg'

const { DATABASE_URL: connectionString, WAY } = process.env
const tracer = trace.getTracer('app')
const note = () => tracer.startSpan('noted').end()
const options = { connectionString, max: 1 }
const values = []

const ways = {
  nothing: () => {},
  value: () => values.push({ toPostgres: () => String(note()) }),
  log: () => {
    options.log = (text) => text === 'dispatching query' && note()
  },
  acquire: (pool) => pool.on('acquire', note),
  client: () => {
    options.Client = class extends pg.Client {
      query(...args) {
        note()
        return super.query(...args)
      }
    }
  },
  patch: () => {
    const { query } = pg.Client.prototype
    pg.Client.prototype.query = function (...args) {
      note()
      return query.apply(this, args)
    }
  },
}

if (WAY !== 'acquire') ways[WAY]()
const pool = new pg.Pool(options)
const client = await pool.connect()
client.release()
if (WAY === 'acquire') ways.acquire(pool)
await Promise.all([request(), request()])
await pool.end()

function request() {
  return tracer.startActiveSpan('request', async (span) => {
    await pool.query('SELECT * FROM t WHERE id = $1', values.length === 0 ? [1] : values)
    tracer.startSpan('after').end()
    span.end()
  })
}
