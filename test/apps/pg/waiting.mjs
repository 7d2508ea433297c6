// Two queries of a pool that has one connection, by turns in several ways: they tell what of the program's runs when the
// one that waits is sent.
import { trace } from '@opentelemetry/api'
import pg from 'pg'

const connectionString = process.env.DATABASE_URL
const tracer = trace.getTracer('app')
const note = () => tracer.startSpan('noted').end()

/** What a way adds: options of the pool, values of its queries, or what is done to the pool. */
const ways = {
  nothing: {},
  value: { values: [{ toPostgres: () => String(note()) }] },
  log: { options: { log: (text) => text === 'dispatching query' && note() } },
  acquire: { prepare: (pool) => pool.on('acquire', note) },
  client: {
    options: {
      Client: class extends pg.Client {
        query(...args) {
          note()
          return super.query(...args)
        }
      },
    },
  },
  // The last one, for it is in the way of all that follow.
  patch: {
    prepare: () => {
      const { query } = pg.Client.prototype
      pg.Client.prototype.query = function (...args) {
        note()
        return query.apply(this, args)
      }
    },
  },
}

for (const [way, { options, values = [1], prepare }] of Object.entries(ways)) {
  const pool = new pg.Pool({ connectionString, max: 1, ...options })
  const client = await pool.connect()
  client.release()
  prepare?.(pool)
  await Promise.all([request(way, pool, values), request(way, pool, values)])
  await pool.end()
}

function request(way, pool, values) {
  return tracer.startActiveSpan(way, async (span) => {
    await pool.query('SELECT * FROM t WHERE id = $1', values)
    tracer.startSpan('after').end()
    span.end()
  })
}
