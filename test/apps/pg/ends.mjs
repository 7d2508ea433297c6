// Queries that come to all kinds of ends: WAYS tells which, one after the other, each behind a span of its name, and stdout
// what the program has seen of them.
import { trace } from '@opentelemetry/api'
import pg from 'pg'

const { DATABASE_URL: connectionString, WAYS } = process.env
const tracer = trace.getTracer('app')
const seen = (error) =>
  console.log(error === undefined || error === null ? 'ok' : `${error.constructor.name} ${error.message}`)
const connected = async (options) => {
  const client = new pg.Client({ connectionString, ...options })
  client.on('error', (error) => console.log(`client: ${error.message}`))
  await client.connect()
  return client
}

const ways = {
  /** Not handled by the program, which dies of it. */
  unhandled: async () => {
    const client = await connected()
    client.query('SELECT fail')
  },
  unhandledOfPool: async () => {
    new pg.Pool({ connectionString }).query('SELECT fail')
  },
  thrown: async () => {
    const client = await connected()
    client.query('SELECT * FROM t', () => {
      throw new Error('thrown by the callback')
    })
  },
  identity: async () => {
    const client = await connected()
    const promise = client.query('SELECT fail')
    const both = await Promise.allSettled([promise, promise])
    console.log(promise.constructor === Promise, both[0].reason === both[1].reason, Object.keys(both[0].reason).join())
    await client.end()
  },
  timeout: async () => {
    const client = await connected({ query_timeout: 50 })
    await client.query('SELECT silence').catch(seen)
    client.connection.stream.destroy()
  },
  timeoutOfCallback: async () => {
    const client = await connected({ query_timeout: 50 })
    await new Promise((resolve) => {
      client.query('SELECT silence', (error) => {
        seen(error)
        tracer.startSpan('after').end()
        client.connection.stream.destroy()
        resolve()
      })
    })
  },
  hangUp: async () => {
    const client = await connected()
    await Promise.allSettled([client.query('SELECT hangup'), client.query('SELECT queued')]).then((results) => {
      for (const { reason } of results) seen(reason)
    })
    await client.query('SELECT late').catch(seen)
  },
  ended: async () => {
    const client = await connected()
    const all = [client.query('SELECT silence'), client.query('SELECT queued')]
    void client.end()
    for (const { reason } of await Promise.allSettled(all)) seen(reason)
    await client.query('SELECT late').catch(seen)
    await new Promise((resolve) => {
      client.query('SELECT later', (error) => resolve(seen(error)))
    })
  },
  /** A value that cannot be sent, and a row that cannot be read: the errors are the program's, and tell values. */
  values: async () => {
    const client = await connected()
    const secret = {
      toPostgres: () => {
        throw new TypeError('secret value')
      },
    }
    await client.query('SELECT * FROM t WHERE id = $1', [secret]).catch(seen)
    const types = {
      getTypeParser: () => () => {
        throw new RangeError('secret row')
      },
    }
    await client.query({ text: 'SELECT * FROM t', types }).catch(seen)
    await client.query('SELECT * FROM t', 5).catch(seen)
    await client.end()
  },
  nothing: async () => {
    const client = await connected()
    for (const nothing of [undefined, null]) {
      try {
        await client.query(nothing)
      } catch (error) {
        seen(error)
      }
    }
    await client.query({}).catch(seen)
    await client.end()
  },
  refused: async () => {
    const pool = new pg.Pool({ connectionString: 'postgres://tester@127.0.0.1:1/shop' })
    await pool.query('SELECT * FROM t').catch((error) => console.log(error.code))
    await new Promise((resolve) => {
      pool.query('SELECT * FROM t', (error) => {
        console.log(error.code)
        tracer.startSpan('after').end()
        resolve()
      })
    })
  },
  exhausted: async () => {
    const pool = new pg.Pool({ connectionString, max: 1 })
    const client = await pool.connect()
    pool.options.connectionTimeoutMillis = 50
    await pool.query('SELECT * FROM t').catch(seen)
    client.release()
    await pool.end()
    await pool.query('SELECT * FROM t').catch(seen)
  },
  /** What hears of a connection belongs to no query, and what the program sets up for one to the query that opened it. */
  listeners: async () => {
    const pool = new pg.Pool({ connectionString, max: 1 })
    pool.on('connect', (client) => {
      client.on('notification', () => tracer.startSpan('notified').end())
      client.query('SET search_path TO shop')
    })
    await tracer.startActiveSpan('request', async (span) => {
      const client = await pool.connect()
      await client.query('LISTEN news')
      client.release()
      span.end()
    })
    await tracer.startActiveSpan('other request', async (span) => {
      await pool.query('NOTIFY news')
      span.end()
    })
    await pool.query('SELECT * FROM t')
    await pool.end()
  },
}

for (const way of WAYS.split(' ')) {
  tracer.startSpan(way).end()
  await ways[way]()
}
