import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createQueryCache, describeQuery, MAX_CACHED_LENGTH, MAX_QUERY_LENGTH } from '../../src/instrumentation/sql.js'

interface ConventionCase {
  readonly name: string
  readonly input: { readonly query: string }
  readonly expected: { readonly 'db.query.text': readonly string[]; readonly 'db.query.summary': string }
}

// sql-cases.json is docs/non-normative/database-test-cases/db-sql-test-cases.json of
// open-telemetry/semantic-conventions (main of 2026-08-20, Apache-2.0), changed in its white space only.
const conventionCases: readonly ConventionCase[] = JSON.parse(readFileSync(testData('sql-cases.json'), 'utf8'))

/** The compiled test runs in `dist`, where only compiled files are: the data stands beside the source. */
function testData(file: string): URL {
  for (let folder = new URL('.', import.meta.url); folder.pathname !== '/'; folder = new URL('..', folder)) {
    const url = new URL(`test/instrumentation/${file}`, folder)
    if (existsSync(url)) return url
  }
  throw new Error(`${file} is not above ${import.meta.url}`)
}

test('the 24 cases of the semantic conventions', () => {
  assert.equal(conventionCases.length, 24)
  for (const { name, input, expected } of conventionCases) {
    const { text, summary } = describeQuery(input.query)
    assert.ok(expected['db.query.text'].includes(text), `${name}: ${text}`)
    assert.equal(summary, expected['db.query.summary'], name)
  }
})

/** The text is as the query is. */
const SAME = undefined

/** A statement, its sanitised text, its summary. `zqx` and 90210 are secrets. */
type Row = readonly [query: string, text: string | undefined, summary: string | undefined]

const LITERALS: readonly Row[] = [
  [`SELECT 'zqx'`, 'SELECT ?', 'SELECT'],
  [`SELECT 'it''s zqx''' , 1`, 'SELECT ? , ?', 'SELECT'],
  [`SELECT E'it\\'s zqx', e'\\\\', 'zqx'`, 'SELECT ?, ?, ?', 'SELECT'],
  [`SELECT U&'d\\0061zqx' UESCAPE '!', u&'zqx'`, 'SELECT ? UESCAPE ?, ?', 'SELECT'],
  [`SELECT B'90210', x'90210', N'zqx', n'zqx'`, 'SELECT ?, ?, ?, ?', 'SELECT'],
  ['SELECT $$zqx$$, $a$zqx $b$ zqx $b$ $$ $a$, $$$$', 'SELECT ?, ?, ?', 'SELECT'],
  ['SELECT $tag_1$it $tag$ zqx$tag_1$', 'SELECT ?', 'SELECT'],
  [`SELECT 'zqx'\n  'zqx'`, 'SELECT ?\n  ?', 'SELECT'],
  ['SELECT 90210, 90210.90210, .90210, 90210., 90210e10, 9.0210e+10', 'SELECT ?, ?, ?, ?, ?, ?', 'SELECT'],
  ['SELECT 0x90210, 0o90210, 0b101, 90_210, 1e-9', 'SELECT ?, ?, ?, ?, ?', 'SELECT'],
  ['SELECT 90210zqx, 90210-a', 'SELECT ?, ?-a', 'SELECT'],
  ['SELECT a-1, a - 1, f(a)-1, a[1]-1, -1, (-1), a=-1', 'SELECT a-?, a - ?, f(a)-?, a[?]-?, ?, (?), a=?', 'SELECT'],
  ['SELECT true, FALSE, NULL, "true", t.true', 'SELECT ?, ?, NULL, "true", t.true', 'SELECT'],
  [`SELECT DATE '2020-01-01', INTERVAL '1' DAY, date'2020-01-01'`, 'SELECT DATE ?, INTERVAL ? DAY, date?', 'SELECT'],
  [`SELECT TIMESTAMP WITH TIME ZONE 'zqx'`, 'SELECT TIMESTAMP WITH TIME ZONE ?', 'SELECT'],
  [`SELECT 'zqx'::text, 90210::int8, CAST('zqx' AS date)`, 'SELECT ?::text, ?::int8, CAST(? AS date)', 'SELECT'],
  [`SELECT ARRAY[1, 2, 3], ARRAY[['a','b'],['c','d']]`, 'SELECT ARRAY[?], ARRAY[[?],[?]]', 'SELECT'],
  [`SELECT '{1,2}'::int[], a[1:2], x -> 'zqx' ->> 0`, 'SELECT ?::int[], a[?:?], x -> ? ->> ?', 'SELECT'],
  [`SELECT a ? 'zqx', a ?| array['zqx'], a @> '{"k":"zqx"}'`, 'SELECT a ? ?, a ?| array[?], a @> ?', 'SELECT'],
  [`SELECT $1, $2::int, :name, @p1, %s, $65535`, 'SELECT $1, $2::int, :name, @p1, %s, $65535', 'SELECT'],
  ['SELECT $655350', 'SELECT ?', 'SELECT'],
  [`SELECT 'C:\\zqx', 'zqx\\\\'`, 'SELECT ?, ?', 'SELECT'],
  ['SELECT a.b.c, "a""b"."c d", a$b, t_2024, U&"d\\0061t"', SAME, 'SELECT'],
  ['SELECT größe, 名前 FROM 表1', SAME, 'SELECT 表1'],
]

const UNCERTAIN: readonly Row[] = [
  ['SELECT `a`, [b] FROM `t`', SAME, 'SELECT'],
  [`SELECT 'zqx`, 'SELECT ?', 'SELECT'],
  [`SELECT E'zqx\\' FROM zqx`, 'SELECT ?', 'SELECT'],
  ['SELECT $a$zqx$b$', 'SELECT ?', 'SELECT'],
  [`SELECT "zqx' FROM zqx`, 'SELECT ?', 'SELECT'],
  ['SELECT a."zqx', 'SELECT ?', 'SELECT'],
  ['SELECT a /* zqx', 'SELECT a', 'SELECT'],
  [`SELECT 'a\\' zqx', b FROM zqx`, 'SELECT ?', 'SELECT'],
  [`SELECT 'C:\\', 'zqx'`, 'SELECT ?', 'SELECT'],
  [`SELECT 'a\\'' zqx '' FROM zqx`, 'SELECT ?', 'SELECT'],
  [
    `SELECT a FROM t WHERE b LIKE $1 ESCAPE '\\' AND c = 'zqx'`,
    'SELECT a FROM t WHERE b LIKE $1 ESCAPE ? AND c = ?',
    'SELECT t',
  ],
  [`SELECT a FROM t WHERE b LIKE $1 ESCAPE '\\'' zqx'`, 'SELECT a FROM t WHERE b LIKE $1 ESCAPE ?', 'SELECT t'],
]

const COMMENTS: readonly Row[] = [
  ['SELECT 1 -- zqx', 'SELECT ?', 'SELECT'],
  ['-- zqx\nSELECT 1', 'SELECT ?', 'SELECT'],
  [`SELECT a/* zqx /* zqx */ 'zqx */FROM t`, 'SELECT a FROM t', 'SELECT t'],
  ['SELECT a--zqx\r\nFROM t', 'SELECT a\r\nFROM t', 'SELECT t'],
  [`SELECT a FROM t /*traceparent='00-zqx-01',key='zqx'*/`, 'SELECT a FROM t', 'SELECT t'],
  ['/* zqx */ /* zqx */ SELECT a*/* zqx */b FROM t', 'SELECT a* b FROM t', 'SELECT t'],
  ['SELECT a FROM/**/t', 'SELECT a FROM t', 'SELECT t'],
  [`SELECT '-- zqx', '/* zqx', a - -1, b @- 1`, 'SELECT ?, ?, a - ?, b @- ?', 'SELECT'],
]

const LISTS: readonly Row[] = [
  [`SELECT a FROM t WHERE b IN (1, 2, 'zqx') AND c in(3,4)`, 'SELECT a FROM t WHERE b IN (?) AND c in(?)', 'SELECT t'],
  [
    'SELECT a FROM t WHERE b IN ( 1 , 2 ) OR b IN ($1, $2)',
    'SELECT a FROM t WHERE b IN ( ? ) OR b IN ($1, $2)',
    'SELECT t',
  ],
  [
    'SELECT a FROM t WHERE b IN (?, ?, ?) OR b IN (x, 1, 2)',
    'SELECT a FROM t WHERE b IN (?) OR b IN (x, ?)',
    'SELECT t',
  ],
  ['SELECT a FROM t WHERE (b, c) IN ((1, 2), (3, 4))', 'SELECT a FROM t WHERE (b, c) IN ((?, ?))', 'SELECT t'],
  [
    'SELECT a FROM t WHERE b IN (SELECT c FROM u WHERE d = 1)',
    'SELECT a FROM t WHERE b IN (SELECT c FROM u WHERE d = ?)',
    'SELECT t SELECT u',
  ],
  [
    'SELECT a FROM t WHERE b IN (1::int, 2::int, f(3, 4))',
    'SELECT a FROM t WHERE b IN (?::int, ?::int, f(?, ?))',
    'SELECT t',
  ],
  [`INSERT INTO t (a, b) VALUES (1, 'x'), (2, 'y'), (3, 'z')`, 'INSERT INTO t (a, b) VALUES (?, ?)', 'INSERT t'],
  ['INSERT INTO t VALUES (1, NULL), (2, NULL), (3, 4), (5, 6)', 'INSERT INTO t VALUES (?, NULL), (?, ?)', 'INSERT t'],
  [
    `INSERT INTO t VALUES (1, now()), (2, now()) ON CONFLICT (a, b) DO UPDATE SET c = 3`,
    'INSERT INTO t VALUES (?, now()) ON CONFLICT (a, b) DO UPDATE SET c = ?',
    'INSERT t',
  ],
  ['INSERT INTO t VALUES ($1, $2), ($3, $4)', SAME, 'INSERT t'],
  ['SELECT f((1), (1)), (2), (2)', 'SELECT f((?), (?)), (?), (?)', 'SELECT'],
]

const QUERIES: readonly Row[] = [
  ['select a from public."Order Lines" as o', SAME, 'select public."Order Lines"'],
  ['SELECT a FROM t, u AS v, w x WHERE a IN (b, c) ORDER BY d, e', SAME, 'SELECT t u w'],
  [
    'SELECT a FROM t LEFT JOIN u USING (id, b) NATURAL JOIN v ON t.a = f(1, 2), w',
    'SELECT a FROM t LEFT JOIN u USING (id, b) NATURAL JOIN v ON t.a = f(?, ?), w',
    'SELECT t u v w',
  ],
  [
    'SELECT a FROM (t JOIN u USING (id)) JOIN v ON true, (w)',
    'SELECT a FROM (t JOIN u USING (id)) JOIN v ON ?, (w)',
    'SELECT t u v w',
  ],
  ['SELECT a FROM (SELECT b FROM t) x, u', SAME, 'SELECT SELECT t u'],
  ['SELECT a, (SELECT max(b) FROM t) FROM u', SAME, 'SELECT SELECT t u'],
  [
    '(SELECT a FROM t) UNION ALL (SELECT a FROM u) ORDER BY 1',
    '(SELECT a FROM t) UNION ALL (SELECT a FROM u) ORDER BY ?',
    'SELECT t SELECT u',
  ],
  [
    'SELECT EXTRACT(day FROM b), substring(c from 2) FROM t WHERE d IS DISTINCT FROM e',
    'SELECT EXTRACT(day FROM b), substring(c from ?) FROM t WHERE d IS DISTINCT FROM e',
    'SELECT t',
  ],
  [
    'SELECT * FROM get_users(1, 2) AS u(a int, b int), LATERAL f(u.a) x',
    'SELECT * FROM get_users(?, ?) AS u(a int, b int), LATERAL f(u.a) x',
    'SELECT get_users f',
  ],
  ['SELECT a FROM ONLY t FOR UPDATE OF t SKIP LOCKED', SAME, 'SELECT t'],
  [
    'SELECT a INTO TEMP TABLE u FROM t FETCH FIRST 5 ROWS ONLY',
    'SELECT a INTO TEMP TABLE u FROM t FETCH FIRST ? ROWS ONLY',
    'SELECT u t',
  ],
  ['SELECT a FROM (VALUES (1, 2), (3, 4)) AS v(a, b)', 'SELECT a FROM (VALUES (?, ?)) AS v(a, b)', 'SELECT'],
  [
    'SELECT count(*) FILTER (WHERE a) OVER (PARTITION BY b, c ORDER BY d) FROM t WINDOW w AS (), v AS ()',
    SAME,
    'SELECT t',
  ],
  [`SELECT a FROM 'zqx', $1, t`, 'SELECT a FROM ?, $1, t', 'SELECT t'],
  ['SELECT a AS update, b AS delete FROM t', SAME, 'SELECT t'],
  ['WITH c AS (SELECT a FROM t) SELECT * FROM c JOIN u ON c.a = u.a', SAME, 'SELECT t SELECT u'],
  [
    'WITH a AS (SELECT 1 FROM t), b (x, y) AS MATERIALIZED (SELECT 2 FROM A) SELECT * FROM a, "b"',
    'WITH a AS (SELECT ? FROM t), b (x, y) AS MATERIALIZED (SELECT ? FROM A) SELECT * FROM a, "b"',
    'SELECT t SELECT SELECT',
  ],
  [
    'WITH RECURSIVE c AS (SELECT 1 FROM t UNION ALL SELECT 2 FROM t JOIN c ON true) SELECT * FROM c',
    'WITH RECURSIVE c AS (SELECT ? FROM t UNION ALL SELECT ? FROM t JOIN c ON ?) SELECT * FROM c',
    'SELECT t SELECT t SELECT',
  ],
  ['WITH users AS (SELECT * FROM users) SELECT * FROM users', SAME, 'SELECT users SELECT'],
  [
    'WITH d AS (DELETE FROM t WHERE a < 5 RETURNING *) INSERT INTO u SELECT * FROM d',
    'WITH d AS (DELETE FROM t WHERE a < ? RETURNING *) INSERT INTO u SELECT * FROM d',
    'DELETE t INSERT u SELECT',
  ],
  [
    'INSERT INTO t (update, b) VALUES (1, (SELECT c FROM u)) RETURNING a, b',
    'INSERT INTO t (update, b) VALUES (?, (SELECT c FROM u)) RETURNING a, b',
    'INSERT t SELECT u',
  ],
  [
    'INSERT INTO t WITH c AS (SELECT 1 FROM u) SELECT * FROM c',
    'INSERT INTO t WITH c AS (SELECT ? FROM u) SELECT * FROM c',
    'INSERT t SELECT u SELECT',
  ],
  ['INSERT INTO t DEFAULT VALUES', SAME, 'INSERT t'],
  ['UPDATE ONLY t AS x SET a = b, c = (SELECT d FROM u) FROM v, w WHERE x.a = v.a', SAME, 'UPDATE t SELECT u v w'],
  [
    'DELETE FROM t USING u, v JOIN w USING (id) WHERE t.a = 1',
    'DELETE FROM t USING u, v JOIN w USING (id) WHERE t.a = ?',
    'DELETE t u v w',
  ],
  [
    'MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN UPDATE SET b = 1 WHEN NOT MATCHED THEN INSERT (a) VALUES (1)',
    'MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN UPDATE SET b = ? WHEN NOT MATCHED THEN INSERT (a) VALUES (?)',
    'MERGE t s',
  ],
  ['TABLE t', SAME, 'TABLE t'],
  [`VALUES (1, 'zqx'), (2, 'zqx')`, 'VALUES (?, ?)', 'VALUES'],
]

const COMMANDS: readonly Row[] = [
  ['BEGIN', SAME, 'BEGIN'],
  ['BEGIN ISOLATION LEVEL SERIALIZABLE', SAME, 'BEGIN'],
  ['START TRANSACTION READ ONLY', SAME, 'START TRANSACTION'],
  ['COMMIT', SAME, 'COMMIT'],
  ['ROLLBACK TO SAVEPOINT s1', SAME, 'ROLLBACK'],
  ['SAVEPOINT s1', SAME, 'SAVEPOINT'],
  [`PREPARE TRANSACTION 'zqx'`, 'PREPARE TRANSACTION ?', 'PREPARE TRANSACTION'],
  [`SET app.user = 'zqx'`, 'SET app.user = ?', 'SET app.user'],
  [
    'SET LOCAL search_path TO zqx, "zqx", public; SELECT a',
    'SET LOCAL search_path TO ?, ?, ?; SELECT a',
    'SET search_path SELECT',
  ],
  ['SET TRANSACTION ISOLATION LEVEL READ COMMITTED', SAME, 'SET TRANSACTION'],
  ['SHOW server_version', SAME, 'SHOW server_version'],
  ['RESET ALL', SAME, 'RESET ALL'],
  ['LISTEN orders', SAME, 'LISTEN orders'],
  [`NOTIFY orders, 'zqx'`, 'NOTIFY orders, ?', 'NOTIFY orders'],
  ['VACUUM (FULL, ANALYZE) t', SAME, 'VACUUM t'],
  ['VACUUM FULL VERBOSE t, u (a, b)', SAME, 'VACUUM t u'],
  ['ANALYZE', SAME, 'ANALYZE'],
  ['EXPLAIN SELECT a FROM t', SAME, 'EXPLAIN SELECT t'],
  ['EXPLAIN ANALYZE VERBOSE DELETE FROM t', SAME, 'EXPLAIN DELETE t'],
  [
    'EXPLAIN (ANALYZE, FORMAT JSON) UPDATE t SET a = 1',
    'EXPLAIN (ANALYZE, FORMAT JSON) UPDATE t SET a = ?',
    'EXPLAIN UPDATE t',
  ],
  ['TRUNCATE TABLE t, ONLY u RESTART IDENTITY', SAME, 'TRUNCATE TABLE t u'],
  ['TRUNCATE t', SAME, 'TRUNCATE t'],
  ['LOCK TABLE t IN SHARE MODE', SAME, 'LOCK TABLE t'],
  [
    `COPY t (a, b) FROM STDIN WITH (FORMAT csv, DELIMITER ';')`,
    'COPY t (a, b) FROM STDIN WITH (FORMAT csv, DELIMITER ?)',
    'COPY t',
  ],
  [`COPY (SELECT a FROM t) TO PROGRAM 'zqx'`, 'COPY (SELECT a FROM t) TO PROGRAM ?', 'COPY SELECT t'],
  [`CALL shop.pay(1, 'zqx')`, 'CALL shop.pay(?, ?)', 'CALL shop.pay'],
  ['PREPARE p (int) AS SELECT a FROM t WHERE b = $1', SAME, 'PREPARE p SELECT t'],
  [`EXECUTE p (1, 'zqx')`, 'EXECUTE p (?, ?)', 'EXECUTE p'],
  ['DEALLOCATE PREPARE p', SAME, 'DEALLOCATE p'],
  ['DECLARE c NO SCROLL CURSOR WITH HOLD FOR SELECT a FROM t', SAME, 'DECLARE SELECT t'],
  ['FETCH FORWARD 10 FROM c', 'FETCH FORWARD ? FROM c', 'FETCH'],
  ['CLOSE c', SAME, 'CLOSE'],
  ['DO $$ BEGIN DELETE FROM zqx; END $$', 'DO ?', 'DO'],
  ['and now for something completely different', SAME, undefined],
  ['', SAME, undefined],
  [' ; ', ';', undefined],
]

const DEFINITIONS: readonly Row[] = [
  [
    'CREATE UNLOGGED TABLE IF NOT EXISTS s.t (a int DEFAULT 5, b text)',
    'CREATE UNLOGGED TABLE IF NOT EXISTS s.t (a int DEFAULT ?, b text)',
    'CREATE TABLE s.t',
  ],
  [
    'CREATE TABLE t WITH (fillfactor = 70) AS SELECT a FROM u',
    'CREATE TABLE t WITH (fillfactor = ?) AS SELECT a FROM u',
    'CREATE TABLE t SELECT u',
  ],
  [
    'CREATE OR REPLACE VIEW v (a) AS WITH c AS (SELECT 1 FROM t) SELECT a AS delete FROM c',
    'CREATE OR REPLACE VIEW v (a) AS WITH c AS (SELECT ? FROM t) SELECT a AS delete FROM c',
    'CREATE VIEW v SELECT t SELECT',
  ],
  ['CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a)', SAME, 'CREATE INDEX i'],
  ['CREATE INDEX ON t (a)', SAME, 'CREATE INDEX t'],
  [
    `CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS $f$ SELECT 'zqx' $f$`,
    'CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS ?',
    'CREATE FUNCTION f',
  ],
  ['CREATE TRIGGER g BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()', SAME, 'CREATE TRIGGER g'],
  ['CREATE POLICY p ON t FOR SELECT USING (a = 1)', 'CREATE POLICY p ON t FOR SELECT USING (a = ?)', 'CREATE POLICY p'],
  [
    `CREATE USER bob WITH PASSWORD 'zqx' VALID UNTIL '2030-01-01'`,
    'CREATE USER bob WITH PASSWORD ? VALID UNTIL ?',
    'CREATE USER',
  ],
  ['ALTER ROLE bob PASSWORD zqx', 'ALTER ROLE bob PASSWORD ?', 'ALTER ROLE'],
  ['ALTER ROLE bob PASSWORD NULL', SAME, 'ALTER ROLE'],
  ['ALTER ROLE bob SET app.key = zqx', 'ALTER ROLE bob SET app.key = ?', 'ALTER ROLE'],
  [
    'ALTER ROLE bob IN DATABASE d SET app.key TO zqx, zqx',
    'ALTER ROLE bob IN DATABASE d SET app.key TO ?, ?',
    'ALTER ROLE',
  ],
  ['ALTER DATABASE d SET app.key = zqx', 'ALTER DATABASE d SET app.key = ?', 'ALTER DATABASE d'],
  ['ALTER SYSTEM SET app.key TO zqx', 'ALTER SYSTEM SET app.key TO ?', 'ALTER SYSTEM'],
  ['ALTER TABLE t RENAME TO u', SAME, 'ALTER TABLE t'],
  ['ALTER TABLE t ALTER COLUMN a SET DEFAULT now()', SAME, 'ALTER TABLE t'],
  [
    `CREATE SUBSCRIPTION s CONNECTION 'host=h password=zqx' PUBLICATION p`,
    'CREATE SUBSCRIPTION s CONNECTION ? PUBLICATION p',
    'CREATE SUBSCRIPTION s',
  ],
  [`CREATE TYPE mood AS ENUM ('zqx', 'zqx')`, 'CREATE TYPE mood AS ENUM (?, ?)', 'CREATE TYPE mood'],
  [
    'ALTER TABLE IF EXISTS ONLY t ADD COLUMN password varchar(255), DROP COLUMN b',
    'ALTER TABLE IF EXISTS ONLY t ADD COLUMN password varchar(?), DROP COLUMN b',
    'ALTER TABLE t',
  ],
  ['DROP TABLE IF EXISTS t, s.u CASCADE', SAME, 'DROP TABLE t s.u'],
  ['REFRESH MATERIALIZED VIEW CONCURRENTLY v', SAME, 'REFRESH MATERIALIZED VIEW v'],
  ['REINDEX (VERBOSE) TABLE t', SAME, 'REINDEX TABLE t'],
  ['GRANT SELECT, UPDATE ON t TO bob', SAME, 'GRANT'],
  [`COMMENT ON TABLE t IS 'zqx'`, 'COMMENT ON TABLE t IS ?', 'COMMENT'],
]

const SEVERAL: readonly Row[] = [
  ['BEGIN; UPDATE t SET a = 1; COMMIT', 'BEGIN; UPDATE t SET a = ?; COMMIT', 'BEGIN UPDATE t COMMIT'],
  [
    'INSERT INTO t VALUES (1); INSERT INTO t VALUES (2);INSERT INTO t VALUES (3); SELECT a FROM t',
    'INSERT INTO t VALUES (?); INSERT INTO t VALUES (?);INSERT INTO t VALUES (?); SELECT a FROM t',
    'INSERT t SELECT t',
  ],
  ['SELECT a FROM (t; DELETE FROM u', SAME, 'SELECT t DELETE u'],
  [
    'WITH t AS (SELECT 1) SELECT * FROM t; SELECT * FROM t',
    'WITH t AS (SELECT ?) SELECT * FROM t; SELECT * FROM t',
    'SELECT SELECT SELECT t',
  ],
  ['SELECT ) FROM t) ] , u', SAME, 'SELECT t u'],
]

const TABLES = { LITERALS, UNCERTAIN, COMMENTS, LISTS, QUERIES, COMMANDS, DEFINITIONS, SEVERAL }
const CORPUS: readonly string[] = [
  ...Object.values(TABLES).flatMap((rows) => rows.map(([query]) => query)),
  ...conventionCases.map(({ input }) => input.query),
]

for (const [name, rows] of Object.entries(TABLES)) {
  test(`text and summary: ${name.toLowerCase()}`, () => {
    for (const [query, text, summary] of rows) {
      const described = describeQuery(query)
      assert.equal(described.text, text ?? query, query)
      assert.equal(described.summary, summary, query)
    }
  })
}

test('the procedure of a CALL, as it is written', () => {
  assert.equal(describeQuery('CALL shop."Pay"(1)').storedProcedure, 'shop."Pay"')
  assert.equal(describeQuery('call refresh').storedProcedure, 'refresh')
  assert.equal(describeQuery('CALL a(); CALL b()').storedProcedure, 'a')
  assert.equal(describeQuery('SELECT * FROM refresh()').storedProcedure, undefined)
})

test('a query is parameterised when it refers to a value outside of it', () => {
  assert.equal(describeQuery('SELECT $1').parameterised, true)
  assert.equal(describeQuery(`SELECT '$1', $$ $1 $$, a$1, "$1" -- $1`).parameterised, false)
  assert.equal(describeQuery(`SELECT $1, 'zqx' -- why`).verbatim, `SELECT $1, 'zqx' -- why`)
})

test('what is no string is described as nothing', () => {
  for (const query of [undefined, null, 5, {}]) {
    assert.equal(describeQuery(query as unknown as string).text, '')
    assert.equal(createQueryCache(10)(query as unknown as string).summary, undefined)
  }
})

test('a summary has at most 255 characters and ends after an operation or target', () => {
  const of255 = `SELECT ${'t'.repeat(248)}`
  assert.equal(describeQuery(`SELECT a FROM ${'t'.repeat(248)}`).summary, of255)
  assert.equal(describeQuery(`SELECT a FROM ${'t'.repeat(249)}`).summary, 'SELECT')
  assert.equal(describeQuery(`SELECT a FROM ${'t'.repeat(249)}, u`).summary, 'SELECT')
  const tables = Array.from({ length: 50 }, (_, i) => `very_long_table_name_${i}`)
  const { summary } = describeQuery(`SELECT a FROM ${tables.join(', ')}`)
  assert.equal(summary, `SELECT ${tables.slice(0, 10).join(' ')}`)
})

const SECRET = /zq|9021/

/** Every form in which a secret can stand in a statement. */
const SECRET_FORMS = [
  `'zqx'`,
  `'it''s zqx'`,
  `'\\\\zqx'`,
  `'zqx\\\\'`,
  `E'zqx\\'zqx'`,
  `e'\\\\zqx'''`,
  `U&'zqx\\0061'`,
  `B'90210'`,
  `X'90210'`,
  `N'zqx'`,
  '$$zqx$$',
  `$$zqx'$ $a$ zqx$$`,
  '$a$zqx$$zqx$b$zqx$a$',
  '$größe$zqx$größe$',
  '90210',
  '-90210.5e10',
  '.90210',
  '0x90210',
  '90_210',
  '90210zqx',
  `DATE '90210'`,
  `INTERVAL 'zqx' DAY`,
  `'zqx'::text`,
  `ARRAY['zqx', 'zqx']`,
  `('zqx', 90210)`,
  `IN ('zqx', 90210)`,
  '-- zqx\n',
  '/* zqx */',
  '/* zqx /* zqx */ zqx */',
  `/* ' */`,
  `-- '\n`,
]

const HOLES = [
  (secret: string) => secret,
  (secret: string) => `SELECT ${secret} FROM t`,
  (secret: string) => `SELECT a FROM t WHERE b = ${secret} AND c = ${secret}`,
  (secret: string) => `SELECT a FROM ${secret}, t JOIN ${secret} ON a = ${secret}`,
  (secret: string) => `INSERT INTO t (a, b) VALUES (${secret}, ${secret}), (${secret}, ${secret})`,
  (secret: string) => `UPDATE t SET a = ${secret}`,
  (secret: string) => `SELECT a FROM t WHERE b IN (${secret}, ${secret})`,
  (secret: string) => `CALL p(${secret})`,
  (secret: string) => `SET x = ${secret}`,
  (secret: string) => `ALTER ROLE r PASSWORD ${secret}`,
  (secret: string) => `CREATE TABLE t (a int DEFAULT ${secret})`,
  (secret: string) => `SELECT f(${secret},${secret})||${secret};DELETE FROM t WHERE a=${secret}`,
  (secret: string) => `SELECT /*${secret.replaceAll(/\*\/|\/\*/g, '')}*/ 1 --${secret.replaceAll('\n', ' ')}`,
]

test('no literal and no comment survives, in any form and any place', () => {
  for (const secret of SECRET_FORMS) {
    for (const hole of HOLES) assertNoSecret(hole(secret))
  }
})

test('no secret survives a query that ends, or is cut, at any place', () => {
  for (const query of [...CORPUS, ...HOLES.flatMap((hole) => SECRET_FORMS.map(hole))]) {
    for (let end = 0; end <= query.length; end++) {
      assertNoSecret(query.slice(0, end))
      assertNoSecret(`${' '.repeat(MAX_QUERY_LENGTH - end)}${query}${' zqx'.repeat(3)}`)
    }
  }
})

function assertNoSecret(query: string): void {
  const { text, summary } = describeQuery(query)
  assert.doesNotMatch(text, SECRET, JSON.stringify(query.trim()))
  assert.doesNotMatch(summary ?? '', SECRET, JSON.stringify(query.trim()))
}

test('well-formed statements of random tokens give away nothing', () => {
  const random = seeded(1)
  const tokens = [
    ...SECRET_FORMS,
    ...'SELECT FROM WHERE IN VALUES ( ) [ ] , ; . :: = + - * / < > $1 a t.b "c" WITH AS SET TO'.split(' '),
  ]
  for (let i = 0; i < 20_000; i++) {
    let query = ''
    for (let n = random(30); n > 0; n--) query += ` ${tokens[random(tokens.length)]}`
    assertNoSecret(query)
  }
})

test('any text is described, and its description describes itself', () => {
  const random = seeded(2)
  const pieces = [
    ...`'"$\`\\-/*()[],;:.?+%@#{} \n\teEuUxX&19`,
    "''",
    '$$',
    '$a$',
    '--',
    '/*',
    '*/',
    'é',
    '\u{1f600}',
    '\ud800',
    '\0',
  ]
  pieces.push(
    ...'SELECT FROM INSERT INTO VALUES WITH AS IN ARRAY SET TO PASSWORD TRUE ESCAPE CREATE USER TABLE EXPLAIN COPY'.split(
      ' ',
    ),
  )
  for (let i = 0; i < 20_000; i++) {
    let query = ''
    for (let n = random(60); n > 0; n--) query += pieces[random(pieces.length)]
    assertConsistent(query)
  }
  for (const query of CORPUS) assertConsistent(query)
})

function assertConsistent(query: string): void {
  const { text, summary, verbatim } = describeQuery(query)
  const again = describeQuery(text)
  assert.equal(again.text, text, JSON.stringify(query))
  assert.equal(again.summary, summary, JSON.stringify(query))
  assert.equal(verbatim, query)
  // A comment without space around it becomes a space, of which there are no more than its characters.
  assert.ok(text.length <= query.length + 1)
  assert.ok((summary ?? '').length <= 255)
}

test('a statement of megabytes is read up to its bound, and cut after a token', () => {
  const filler = `SELECT ${'a, '.repeat(1_000_000)}`
  assert.equal(describeQuery(filler).text, filler.slice(0, MAX_QUERY_LENGTH).trimEnd().replace(/a$/, '').trimEnd())

  const at = (before: number, rest: string) =>
    describeQuery(' '.repeat(MAX_QUERY_LENGTH - before) + rest + ' zqx'.repeat(1000))
  assert.equal(at(5, `SELECT`).text, '')
  assert.equal(at(7, `SELECT`).text, '')
  assert.equal(at(8, `SELECT`).text, 'SELECT')
  assert.equal(at(13, `SELECT a.b`).text, 'SELECT a.b')
  assert.equal(at(9, `SELECT a.b`).text, 'SELECT')
  assert.equal(at(12, `SELECT 90210`).text, 'SELECT ?')
  assert.equal(at(12, `SELECT 90210`).verbatim.trim(), 'SELECT')
  assert.equal(at(9, `SELECT 'a', 1`).text, 'SELECT ?')
  assert.equal(at(9, `SELECT 'a', 1`).verbatim.trim(), 'SELECT')
  assert.equal(at(10, `SELECT 'a', 1`).verbatim.trim(), `SELECT 'a'`)
  assert.equal(at(10, `SELECT $ab$zqx$ab$`).text, 'SELECT')
  assert.equal(at(9, `SELECT $12`).text, 'SELECT')
  assert.equal(at(12, `SELECT a /* zqx */`).verbatim.trim(), 'SELECT a')
  assert.equal(at(0, '').text, '')
})

test('long lists and rows that differ in number are one text, cut or not', () => {
  const list = (count: number) =>
    `SELECT a FROM t WHERE b IN (${Array.from({ length: count }, (_, i) => i * 7).join(', ')})`
  const rows = (count: number) =>
    `INSERT INTO t (a) VALUES ${Array.from({ length: count }, (_, i) => `(${i * 7}, 'x')`).join(', ')}`
  assert.equal(describeQuery(list(1000)).text, describeQuery(list(2)).text)
  assert.equal(describeQuery(rows(500)).text, describeQuery(rows(2)).text)
  for (let count = 10_000; count < 10_050; count++) {
    assert.equal(describeQuery(list(count)).text, 'SELECT a FROM t WHERE b IN (?')
    assert.equal(describeQuery(`${' '.repeat(count % 50)}${rows(count)}`).text, 'INSERT INTO t (a) VALUES (?, ?)')
  }
})

test('the work is linear in the length, and bounded', () => {
  const patterns = [
    ...`a 1 ' '' \\' " "" $ $$ $a $a$ $a$b $aaaaaaaaab$ ( ) () [ ], - -- /* */ /*/ /**/ a/**/ . a. a." , ; ;;a`.split(
      ' ',
    ),
    ...`1, 1e+ VALUES(1), (1), BEGIN; E'\\ U&" é \u{1f600}`.split(' '),
    ...[
      'IN (',
      'IN ((',
      'IN ((1),(1),',
      'VALUES (',
      'WITH a AS (',
      'SELECT (',
      'FROM (',
      'FROM a,',
      'COPY (',
      'EXPLAIN ',
    ],
    ...[' ', '\n', '- ', '- -1'],
  ]
  const prefixes = ['', 'SELECT ', 'SELECT a FROM t WHERE b IN (', 'INSERT INTO t VALUES ', "'", '$aaaaaaaaaa$', '/*']
  for (const pattern of patterns) {
    for (const prefix of prefixes) {
      const sized = (length: number) => prefix + pattern.repeat(length / pattern.length)
      for (const length of [1000, 2000, 4000, 8000]) {
        const steps = stepsOf(sized(length))
        assert.ok(steps <= 16 * (length + 50), `${steps} steps for ${length} of ${prefix}${pattern}`)
      }
      const steps = stepsOf(sized(1_000_000))
      assert.ok(steps <= 16 * (MAX_QUERY_LENGTH + 50), `${steps} steps for ${prefix}${pattern}`)
    }
  }
})

/** How many characters are looked at or copied. */
function stepsOf(query: string): number {
  const { charCodeAt, slice, trim, toUpperCase, toLowerCase } = String.prototype
  const { join } = Array.prototype
  let steps = 0
  String.prototype.charCodeAt = function (this: string, index) {
    steps++
    return charCodeAt.call(this, index)
  }
  const counted = <F extends (this: string, ...args: never[]) => string>(method: F) =>
    function (this: string, ...args: never[]) {
      const result = method.apply(this, args)
      steps += result.length + 1
      return result
    }
  String.prototype.slice = counted(slice)
  String.prototype.trim = counted(trim)
  String.prototype.toUpperCase = counted(toUpperCase)
  String.prototype.toLowerCase = counted(toLowerCase)
  Array.prototype.join = function (separator) {
    const result = join.call(this, separator)
    steps += result.length + this.length
    return result
  }
  try {
    describeQuery(query)
  } finally {
    Object.assign(String.prototype, { charCodeAt, slice, trim, toUpperCase, toLowerCase })
    Array.prototype.join = join
  }
  return steps
}

test('a cache gives the same description for the same query', () => {
  const describe = createQueryCache(100)
  const query = 'SELECT a FROM t WHERE b = 1'
  assert.deepEqual(describe(query), describeQuery(query))
  assert.equal(describe(query), describe(query))
  assert.equal(describe(query), describe(`SELECT a FROM t ${'WHERE b = 1'.trim()}`))
})

test('a cache keeps what is used, forgets the rest, and stays within its entries', () => {
  const describe = createQueryCache(10)
  const queries = Array.from({ length: 1000 }, (_, i) => `SELECT a FROM t${i}`)
  const used = describe('SELECT a FROM used')
  const descriptions = queries.map((query) => {
    assert.equal(describe('SELECT a FROM used'), used)
    return describe(query)
  })
  // From the newest on: what has been forgotten, and so is remembered anew, pushes out older ones only.
  let remembered = 1
  for (let i = queries.length - 1; i >= 0; i--) if (describe(queries[i]!) === descriptions[i]) remembered++
  assert.ok(remembered > 1 && remembered <= 10, `${remembered} remembered`)
})

test('a cache of one entry still works', () => {
  const describe = createQueryCache(0)
  assert.equal(describe('SELECT 1').text, 'SELECT ?')
  assert.equal(describe('SELECT a').text, 'SELECT a')
})

test('a cache leaves long queries out, and holds no string that a query is a part of', () => {
  const describe = createQueryCache(1000)
  const longest = `SELECT ${'a'.repeat(MAX_CACHED_LENGTH - 7)}`
  assert.equal(describe(longest), describe(longest))
  assert.notEqual(describe(`${longest}a`), describe(`${longest}a`))

  setFlagsFromString('--expose-gc')
  const collectGarbage = runInNewContext('gc') as () => void
  collectGarbage()
  const before = process.memoryUsage().heapUsed
  const descriptions = []
  for (let i = 0; i < 100; i++) {
    const script = `SELECT ${i}, ${'b'.repeat(20)} FROM t; ${'-'.repeat(1_000_000)}`
    descriptions.push(describe(script.slice(0, script.indexOf(';'))), describeQuery(script))
  }
  collectGarbage()
  const grown = process.memoryUsage().heapUsed - before
  assert.ok(grown < 20_000_000, `${grown} bytes for ${descriptions.length}`)
})

/** Integers below a bound, the same on each run (mulberry32). */
function seeded(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}
