// The native client: over libpq where pg-native is installed, else over what looks like it.
const Module = require('node:module')
const { trace } = require('@opentelemetry/api')

const fields = {
  severity: 'ERROR',
  sqlState: '23505',
  messagePrimary: 'duplicate key value violates unique constraint "u"',
}

class FakeNative {
  pq = { resultErrorFields: () => (this.failed ? fields : null) }
  failed = false
  on() {}
  connect(_connection, done) {
    setImmediate(done)
  }
  query(text, values, done = values) {
    if (process.env.TELL === 'true') console.log(text)
    this.failed = text.includes('fail')
    setImmediate(() => {
      if (this.failed)
        return done(new Error('ERROR:  duplicate key value\nDETAIL:  Key (email)=(secret) already exists.'))
      const results = text.split(';').map(() => ({ rows: [{ a: 1 }] }))
      done(null, [], results.length === 1 ? results[0] : results)
    })
  }
  prepare(_name, _text, _count, done) {
    setImmediate(done)
  }
  execute(_name, values, done) {
    this.query('', values, done)
  }
  end(done) {
    setImmediate(done)
  }
}
FakeNative.version = '3.7.0'

if (process.env.PG_NATIVE !== 'real') {
  const load = Module._load
  Module._load = (request, ...rest) => (request === 'pg-native' ? FakeNative : load(request, ...rest))
}

const { native } = require('pg')
const tracer = trace.getTracer('app')
const after = () => tracer.startSpan('after').end()

tracer.startActiveSpan('request', async (span) => {
  const pool = new native.Pool({ connectionString: process.env.DATABASE_URL, max: 1 })
  await pool.query('SELECT 1 AS a')
  await new Promise((resolve) => {
    pool.query('SELECT $1::int AS a', [1], () => {
      after()
      resolve()
    })
  })
  const client = await pool.connect()
  await client.query({ name: 'n', text: 'SELECT $1::int AS a' }, [1])
  await client.query({ name: 'n', values: [2] })
  await client.query("SELECT 'a'; SELECT 'b'")
  await new Promise((resolve) => {
    client.query('SELECT 2 AS b', () => {
      after()
      resolve()
    })
  })
  await new Promise((resolve) => {
    client.query(new native.Query('SELECT 3 AS c')).on('end', () => {
      after()
      resolve()
    })
  })
  await client.query('SELECT fail').catch(({ message }) => console.log(message))
  client.release()
  await pool.end()
  span.end()
})
