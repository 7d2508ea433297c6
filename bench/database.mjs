// PostgreSQL for the programs: the one that DATABASE_URL or PG* name, an embedded one otherwise.
import { once } from 'node:events'
import pg from 'pg'
import { kill, startHelper, within } from './children.mjs'

const TABLE = 'autospan_bench_items'
const SETUP = [
  `DROP TABLE IF EXISTS ${TABLE}`,
  `CREATE TABLE ${TABLE} (id integer PRIMARY KEY, name text NOT NULL, price numeric NOT NULL)`,
  `INSERT INTO ${TABLE} SELECT i, 'item ' || i, i / 100.0 FROM generate_series(1, 1000) i`,
]
/** Of each program to a real server. */
const CONNECTIONS = 4

export async function openDatabase() {
  return givenUrl() === undefined ? openEmbedded() : openGiven(givenUrl())
}

/** One process for each program, for it takes one connection at a time. */
async function openEmbedded() {
  const helpers = []
  return {
    about: 'PGlite, one connection for each program',
    async env() {
      const helper = startHelper('pglite.mjs')
      helpers.push(helper)
      const [{ url }] = await within(60_000, 'the start of PGlite', once(helper, 'message'))
      await setUp(url)
      return { BENCH_DATABASE_URL: url, BENCH_CONNECTIONS: '1' }
    },
    async close() {
      await Promise.all(helpers.map(kill))
    },
  }
}

async function openGiven(url) {
  const version = await setUp(url)
  return {
    about: `PostgreSQL ${version}, ${CONNECTIONS} connections for each program`,
    async env() {
      return { BENCH_DATABASE_URL: url, BENCH_CONNECTIONS: String(CONNECTIONS) }
    },
    async close() {
      await query(url, [`DROP TABLE IF EXISTS ${TABLE}`])
    },
  }
}

function givenUrl() {
  const { DATABASE_URL, PGHOST, PGPORT = '5432', PGUSER = 'postgres', PGPASSWORD, PGDATABASE = PGUSER } = process.env
  if (DATABASE_URL) return DATABASE_URL
  if (!PGHOST) return undefined
  const url = new URL('postgres://localhost')
  url.username = PGUSER
  url.password = PGPASSWORD ?? ''
  url.pathname = PGDATABASE
  if (PGHOST.startsWith('/')) url.searchParams.set('host', PGHOST)
  else url.hostname = PGHOST
  url.port = PGPORT
  return url.href
}

async function setUp(url) {
  const [{ server_version: version }] = await query(url, [...SETUP, 'SHOW server_version'])
  return version
}

/** The rows of the last one. */
async function query(url, texts) {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  await client.connect()
  let rows
  for (const text of texts) rows = (await client.query(text)).rows
  await client.end()
  return rows
}
