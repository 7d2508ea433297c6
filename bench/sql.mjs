// What it costs to describe one statement, met for the first time and again: node bench/sql.mjs, after a build.
import { createQueryCache, describeQuery } from '../dist/src/instrumentation/sql.js'

const columns = ['id', 'sku', 'quantity', 'price', 'created_at'].map((name) => `"l"."${name}" AS "l_${name}"`)
const tuple = (_, i) => `(${i}, 'name of ${i}', ${i}.5, NULL, '2026-01-01')`

const STATEMENTS = {
  transaction: 'BEGIN',
  'select by key': 'SELECT id, name, email FROM users WHERE id = $1',
  'select with literals': `SELECT id, name FROM users WHERE email = 'someone@example.com' AND age > 30 LIMIT 10`,
  'join of an ORM': `SELECT ${columns.join(', ')} FROM "orders" "o" LEFT JOIN "lines" "l" ON "l"."order_id" = "o"."id" WHERE "o"."customer_id" = $1 AND "o"."deleted_at" IS NULL ORDER BY "o"."created_at" DESC LIMIT $2`,
  'list of 200': `SELECT id FROM users WHERE id IN (${Array.from({ length: 200 }, (_, i) => i).join(', ')})`,
  '50 rows': `INSERT INTO items (a, b, c, d, e) VALUES ${Array.from({ length: 50 }, tuple).join(', ')}`,
  '20000 rows': `INSERT INTO items (a, b, c, d, e) VALUES ${Array.from({ length: 20_000 }, tuple).join(', ')}`,
  'string of 1 MB': `INSERT INTO files (content) VALUES ('${'x'.repeat(1_000_000)}')`,
}

/** The least of several runs, which is the one least disturbed. */
function nanosecondsPer(call) {
  let least = Number.POSITIVE_INFINITY
  for (let run = 0; run < 12; run++) {
    const start = process.hrtime.bigint()
    let count = 0
    let elapsed = 0n
    while (elapsed < 50_000_000n) {
      for (let i = 0; i < 100; i++) call()
      count += 100
      elapsed = process.hrtime.bigint() - start
    }
    least = Math.min(least, Number(elapsed) / count)
  }
  return Math.round(least)
}

// All are run once before any is measured, so that each meets the code that a running program has.
for (let round = 0; round < 2000; round++) {
  for (const statement of Object.values(STATEMENTS)) describeQuery(statement)
}

console.log(`Node ${process.version}, ns per statement`)
console.log(`${'statement'.padEnd(24)}${'characters'.padStart(12)}${'first'.padStart(10)}${'again'.padStart(10)}`)
for (const [name, statement] of Object.entries(STATEMENTS)) {
  const describe = createQueryCache(1000)
  describe(statement)
  const first = nanosecondsPer(() => describeQuery(statement))
  const again = nanosecondsPer(() => describe(statement))
  console.log(
    `${name.padEnd(24)}${String(statement.length).padStart(12)}${String(first).padStart(10)}${String(again).padStart(10)}`,
  )
}
