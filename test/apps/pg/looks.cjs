// What a program can see of pg's functions, and of what it hands to them.
const pg = require('pg')
const Cursor = require('pg-cursor')

const { prototype: pool } = Object.getPrototypeOf(pg.Pool)
const methods = [
  [pg.Client.prototype, ['query', 'connect', 'end']],
  [pg.Query.prototype, ['handleError', 'handleReadyForQuery', 'submit']],
  [pool, ['query', 'connect', 'newClient', '_acquireClient', '_release']],
  [Cursor.prototype, ['read', 'close']],
]
for (const [prototype, names] of methods) {
  for (const name of names) {
    const { value, enumerable } = Object.getOwnPropertyDescriptor(prototype, name)
    console.log(name, value.name, value.length, `${value}`.length, enumerable)
  }
}

async function main() {
  const client = new pg.Client({ connectionString: process.env.DATABASE_URL })
  await client.connect()
  const config = Object.freeze({ text: 'SELECT * FROM t WHERE id = $1', values: Object.freeze([1]) })
  await client.query(config)
  const used = { text: 'SELECT * FROM t', callback: () => {} }
  const { callback } = used
  const returned = client.query(used)
  await client.query(used.text)
  const cursor = new Cursor('SELECT * FROM t')
  const { handleError, handleReadyForQuery, submit, text } = cursor
  const same = client.query(cursor)
  await cursor.read(1000)
  await cursor.close()
  await client.query(used.text)
  console.log(returned, used.callback === callback, Object.keys(used), same === cursor, Object.keys(cursor))
  console.log(cursor.handleError === handleError, cursor.handleReadyForQuery === handleReadyForQuery)
  console.log(cursor.submit === submit, cursor.text === text)
  const own = new pg.Query('SELECT * FROM t')
  await new Promise((resolve) => client.query(own).on('end', resolve))
  console.log(own.text, config.text, Object.keys(own))
  console.log(Object.keys(client))
  await client.end()
}
main()
