// Queries that a client sends without waiting for the answers to those before them; each of an own request.
import { trace } from '@opentelemetry/api'
import pg from 'pg'
import Cursor from 'pg-cursor'

const client = new pg.Client({ connectionString: process.env.DATABASE_URL, pipeline: true })
const tracer = trace.getTracer('app')
const after = () => tracer.startSpan('after').end()

const ways = {
  early: () => client.query('SELECT * FROM t1').then(after),
  promise: () => client.query('SELECT * FROM t2').then(after),
  callback: () => new Promise((resolve) => client.query('SELECT * FROM t3', () => resolve(after()))),
  failed: () => client.query('SELECT fail').catch(after),
  prepared: () => client.query({ name: 'by-id', text: 'SELECT * FROM t4 WHERE id = $1', values: [1] }),
  named: () => client.query({ name: 'by-id', values: [2] }),
  cursor: () => client.query(new Cursor('SELECT * FROM t5')).read(1).catch(after),
}

const request = (way) =>
  tracer.startActiveSpan(way, async (span) => {
    await ways[way]()
    span.end()
  })

const early = request('early')
await client.connect()
await Promise.all([early, ...Object.keys(ways).slice(1).map(request)])
await client.end()
