import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { file } from '../harness/owner.js'
import { startWire } from '../harness/postgres-wire.js'
import { root, run } from '../harness/program.js'
import { projectOf } from '../harness/project.js'
import { type Sink, startSink } from '../harness/sink.js'

const projects = {
  'pg 8.0.3': await projectOf(file, 'pg', { pg: 'pg-oldest' }),
  'pg 8': join(root, 'test/apps/pg'),
}
const wire = await startWire(file)
const NAME = 'db.client.connection.pool.name'
const NODE_FLAGS = ['--expose-gc']

/** Each point as a line: metric, unit, kind, then its values but for the pool's name. */
function poolMetrics(sink: Sink, pool: string): string[] {
  return sink.metrics
    .filter(({ name }) => name.startsWith('db.client.connection.'))
    .flatMap(({ name, unit, data, isMonotonic, points }) => {
      const kind = data === 'sum' ? (isMonotonic ? 'counter' : 'up-down counter') : data
      return points
        .filter(({ attributes }) => attributes[NAME] === pool)
        .map(({ attributes: { [NAME]: _, ...attributes }, value, count }) =>
          [name.slice('db.client.connection.'.length), unit, kind, ...Object.values(attributes), value ?? count].join(
            ' ',
          ),
        )
    })
    .sort()
}

for (const [version, project] of Object.entries(projects)) {
  test(`${version}: pools are measured by the names of the conventions, as long as they live`, async (t) => {
    const sink = await startSink(t)
    const app = join(project, 'pools.mjs')
    const env = { ...sink.env, DATABASE_URL: wire }
    const { stdout, stderr, code } = await run(app, { env, nodeFlags: NODE_FLAGS })
    assert.equal(code, 0)
    assert.equal(stderr.match(/^autospan: /gm)?.length, 1, stderr)
    const bare = await run(app, { env: { DATABASE_URL: wire }, nodeFlags: NODE_FLAGS, agent: false })
    assert.equal(stdout.replace(/\d+/, ''), bare.stdout.replace(/\d+/, ''))
    assert.match(stdout, /^timeout exceeded when trying to connect\n[\s\S]*timeout\ngone 0\n$/)
    const spans = await sink.settled()
    const { host, pathname } = new URL(wire)
    assert.deepEqual(poolMetrics(sink, host + pathname), [
      'count {connection} up-down counter idle 1',
      'count {connection} up-down counter used 1',
      'create_time s histogram 3',
      'idle.min {connection} up-down counter 1',
      'max {connection} up-down counter 6',
      'pending_requests {request} up-down counter 1',
      'timeouts {timeout} counter 1',
      'use_time s histogram 5',
      'wait_time s histogram 6',
    ])
    const silent = `127.0.0.1:${/silent at (\d+)/.exec(stdout)?.[1]}/silent`
    assert.deepEqual(poolMetrics(sink, silent), [
      'count {connection} up-down counter idle 0',
      'count {connection} up-down counter used 0',
      'idle.min {connection} up-down counter 0',
      'pending_requests {request} up-down counter 0',
      'timeouts {timeout} counter 1',
    ])

    const waits = sink.metric('db.client.connection.wait_time')?.points[0]
    assert.equal(waits?.explicitBounds?.[0], 0.001)
    // Who finds an idle client does not wait.
    assert.equal(waits?.min, 0)
    assert.ok((waits?.max ?? 0) >= 0.015)
    const ids = new Set(spans.map(({ spanId }) => spanId))
    for (const { spanId } of waits?.exemplars ?? []) assert.ok(ids.has(spanId))
  })
}

test('pools without metrics', async (t) => {
  const sink = await startSink(t)
  const env = { ...sink.env, OTEL_METRICS_EXPORTER: 'none', DATABASE_URL: wire }
  const { stdout, stderr } = await run('pg/pools.mjs', { env, nodeFlags: NODE_FLAGS })
  assert.match(stdout, /gone 0\n$/)
  assert.equal(stderr.split('\n').length, 2, stderr)
  assert.equal((await sink.settled()).length, 4)
  assert.equal(sink.metricRequests.length, 0)
})
