// A server that asks a database in every way that pg has. Its path tells the way, and `after` marks the context.
const { createServer } = require('node:http')
const { trace } = require('@opentelemetry/api')

exports.serve = ({ Pool, Query }, Cursor, QueryStream) => {
  const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: Number(process.env.MAX ?? 1) })

  const server = createServer(async (request, response) => {
    const [, way, argument] = request.url.split('/')
    try {
      const answer = await ways[way](argument)
      after()
      response.end(answer)
    } catch (error) {
      response.writeHead(500).end(`${error.code ?? error.message}`)
    }
  })
  server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`))
  process.on('SIGTERM', () => {
    server.close()
    pool.end()
  })

  const ways = {
    async promise(id = '1') {
      await pool.query(`SELECT * FROM t${id} WHERE id = $1`, [id])
    },

    callback: (id = '1') =>
      new Promise((resolve, reject) => {
        pool.query(`SELECT * FROM t${id}`, (error) => {
          after()
          error ? reject(error) : resolve()
        })
      }),

    values: (id = '1') =>
      new Promise((resolve, reject) => {
        pool.query({ text: `SELECT * FROM t${id} WHERE id = $1` }, [id], (error) => {
          after()
          error ? reject(error) : resolve()
        })
      }),

    connect: (id = '1') =>
      new Promise((resolve, reject) => {
        pool.connect((error, client, release) => {
          if (error) return reject(error)
          after()
          client.query(`SELECT * FROM t${id}`, (error) => {
            after()
            release()
            error ? reject(error) : resolve()
          })
        })
      }),

    async transaction(id = '1') {
      const client = await pool.connect()
      await client.query('BEGIN')
      await client.query(`INSERT INTO t${id} (id) VALUES ($1)`, [id])
      after()
      await client.query(`UPDATE t${id} SET name = 'Ann' WHERE id = 1`)
      await client.query('ROLLBACK')
      client.release()
    },

    async prepared(id = '1') {
      const client = await pool.connect()
      const config = { name: `by-id-${id}`, text: `SELECT * FROM t${id} WHERE id = $1` }
      await client.query(config, [1])
      await client.query(config, [2])
      await client.query({ name: config.name, values: [3] })
      client.release()
    },

    async cursor(id = '1') {
      const client = await pool.connect()
      const cursor = client.query(new Cursor(`SELECT * FROM t${id} WHERE id > $1`, [0]))
      await new Promise((resolve) => {
        cursor.read(2, () => {
          after()
          cursor.read(100, () => {
            after()
            cursor.close(() => {
              after()
              resolve()
            })
          })
        })
      })
      client.release()
    },

    async closed(id = '1') {
      const client = await pool.connect()
      const cursor = client.query(new Cursor(`SELECT * FROM t${id}`))
      await cursor.read(1)
      await cursor.close()
      client.release()
    },

    async stream(id = '1') {
      const client = await pool.connect()
      const stream = client.query(new QueryStream(`SELECT * FROM t${id} WHERE id > $1`, [0], { highWaterMark: 100 }))
      let rows = 0
      await new Promise((resolve, reject) => {
        stream.once('data', after)
        stream.on('data', () => rows++)
        stream.on('error', reject)
        stream.on('close', () => {
          after()
          resolve()
        })
      })
      client.release()
      return String(rows)
    },

    async destroyed(id = '1') {
      const client = await pool.connect()
      let rows = 0
      for await (const _ of client.query(new QueryStream(`SELECT * FROM t${id}`, [], { highWaterMark: 5 }))) {
        if (++rows === 7) break
      }
      client.release()
      return String(rows)
    },

    async events(id = '1') {
      const client = await pool.connect()
      const query = client.query(new Query(`SELECT * FROM t${id}`))
      query.once('row', after)
      await new Promise((resolve, reject) => query.on('end', resolve).on('error', reject))
      client.release()
    },

    async long(id = '1') {
      await pool.query(`SELECT * FROM t${id} WHERE id IN (${'1,'.repeat(2 ** 21)}1)`)
    },

    /** A query whose arguments are given, in JSON. */
    async ask(json) {
      await pool.query(...JSON.parse(decodeURIComponent(json)))
    },

    /** Two at a time, of which one has to wait where there is one connection. */
    async two(id = '1') {
      await Promise.all([pool.query(`SELECT * FROM t${id}`), pool.query(`SELECT * FROM t${id}`)])
    },

    /** The same, and for a client. */
    async waiting(id = '1') {
      const client = await pool.connect()
      const waiting = pool.connect()
      client.release()
      const next = await waiting
      await next.query(`SELECT * FROM t${id}`)
      await next.query(`SELECT * FROM t${id}`)
      next.release()
    },
  }
}

function after() {
  trace.getTracer('app').startSpan('after').end()
}
