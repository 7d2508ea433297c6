// Queries of pools whose clients have a `query` of the program's own before that of pg, or in its place, each in
// a request of its own.
import { trace } from '@opentelemetry/api'
import pg from 'pg'

const { DATABASE_URL: connectionString } = process.env
const tracer = trace.getTracer('app')
const TEXT = 'SELECT * FROM t WHERE id = $1'

/** Patches each new connection. */
const patched = (query) => (pool) =>
  pool.on('connect', (client) => {
    client.query = query(client.query.bind(client))
  })

class Foreign {
  _queryable = true
  connect(callback) {
    callback(null)
  }
  query(_text, _values, callback) {
    setImmediate(callback, new Error('a foreign error'))
  }
  end(callback) {
    callback()
  }
  on() {}
  once() {}
  removeListener() {}
}

const ways = {
  adds: patched((query) => (...args) => {
    query('SET search_path TO shop', () => tracer.startSpan('set').end())
    return query(...args)
  }),
  awaits: patched((query) => async (...args) => {
    await undefined
    return query(...args)
  }),
  changes: patched(
    (query) =>
      (_text, ...others) =>
        query('SELECT * FROM t2 WHERE id = $1', ...others),
  ),
  'calls back': patched((query) => (text, values, callback) => {
    query(text, values, (...results) => {
      tracer.startSpan('called back').end()
      callback(...results)
    })
  }),
  foreign: (pool) => {
    pool.Client = Foreign
  },
  throws: patched(() => () => {
    throw new TypeError('thrown')
  }),
}

for (const [way, prepare] of Object.entries(ways)) {
  const pool = new pg.Pool({ connectionString })
  prepare(pool)
  await tracer.startActiveSpan(way, async (span) => {
    await pool.query(TEXT, [1]).catch((error) => console.log(error.message))
    span.end()
  })
  await pool.end()
}
