// Asks a database with pg, which has an ES module for a face, while it is a server.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import * as namespace from 'pg'
import pg, { Client, Pool } from 'pg'

console.log(pg.Pool === Pool, Object.keys(namespace).sort().join())
const server = createServer().listen(0, '127.0.0.1')
await once(server, 'listening')
await setImmediate()
const connectionString = process.env.DATABASE_URL
const client = new Client({ connectionString })
await client.connect()
await client.query('SELECT a')
await client.end()
const pool = new namespace.default.Pool({ connectionString })
await pool.query('SELECT b')
await pool.end()
const { Client: Dynamic } = await import('pg')
const another = new Dynamic({ connectionString })
await another.connect()
await another.query('SELECT c')
await another.end()
server.close()
