import { once } from 'node:events'
import { PGlite } from '@electric-sql/pglite'
import { PGLiteSocketServer } from '@electric-sql/pglite-socket'
import { atEnd, type Owner } from './owner.js'

/**
 * The URL of a PostgreSQL: of the one that DATABASE_URL or PGHOST names, else of an embedded one. That has one
 * session, which all connections share by turns: prepared statements outlive a client, and transactions of two
 * clients at a time are one. Where this matters, use `startWire`.
 */
export async function startPostgres(owner: Owner): Promise<string> {
  const given = givenUrl()
  if (given !== undefined) return given
  const db = await PGlite.create()
  atEnd(owner, () => db.close())
  const server = new PGLiteSocketServer({ db, port: 0, host: '127.0.0.1', maxConnections: 100 })
  const listening = once(server, 'listening')
  await server.start()
  atEnd(owner, () => server.stop())
  const [{ detail }] = (await listening) as [{ detail: { port: number } }]
  return `postgres://postgres@127.0.0.1:${detail.port}/postgres`
}

function givenUrl(): string | undefined {
  const {
    DATABASE_URL,
    PGHOST,
    PGPORT = '5432',
    PGUSER = 'postgres',
    PGPASSWORD = '',
    PGDATABASE = PGUSER,
  } = process.env
  if (DATABASE_URL) return DATABASE_URL
  if (!PGHOST) return undefined
  const url = new URL(`postgres://localhost:${PGPORT}/${PGDATABASE}`)
  url.username = PGUSER
  url.password = PGPASSWORD
  if (PGHOST.startsWith('/')) url.searchParams.set('host', PGHOST)
  else url.hostname = PGHOST
  return url.href
}
