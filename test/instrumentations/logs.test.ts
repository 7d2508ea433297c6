import assert from 'node:assert/strict'
import { test } from 'node:test'
import { file } from '../harness/owner.js'
import { type Server, start } from '../harness/program.js'
import { projectOf } from '../harness/project.js'
import { startSink } from '../harness/sink.js'

/** Programs, and how many records of one round have no trace id of their own, and one. */
const PROGRAMS: [app: string, without: number, withOwn: number][] = [
  ['logs/pino.cjs', 6, 2],
  ['logs/pino.mjs', 6, 2],
  [`${await projectOf(file, 'logs', { pino: 'pino6' })}/pino.cjs`, 6, 2],
  ['logs/winston.cjs', 5, 1],
  ['logs/winston.mjs', 5, 1],
  ['logs/winston-objects.cjs', 15, 1],
  ['logs/bunyan.cjs', 5, 1],
  ['logs/bunyan.mjs', 5, 1],
]

for (const [app, without, withOwn] of PROGRAMS) {
  const title = app.startsWith('/') ? 'pino 6' : app.slice('logs/'.length)

  test(`${title}: records tell the span in which they were written, and are else as without the agent`, async (t) => {
    const bare = await recordsOf(await start(t, app, { agent: false }))
    const sink = await startSink(t)
    const traced = await recordsOf(await start(t, app, { env: sink.env }))
    const spans = await sink.settled()

    assert.deepEqual(traced.map(withoutIds), bare)
    // One round of records at start, and two in a request.
    assert.equal(traced.length, 3 * (without + withOwn))
    assert.equal(traced.filter(hasIds).length, 2 * without)
    assert.deepEqual(
      spans.map(({ traceId, spanId, flags }) => ({
        trace_id: traceId,
        span_id: spanId,
        trace_flags: (flags & 0xff).toString(16).padStart(2, '0'),
      })),
      [...new Set(traced.filter(hasIds).map(idsOf))].map((ids) => JSON.parse(ids)),
    )
  })
}

test('the names of the fields can be chosen', async (t) => {
  const names = {
    OTEL_INSTRUMENTATION_COMMON_LOGGING_TRACE_ID: 'dd.trace"id',
    OTEL_INSTRUMENTATION_COMMON_LOGGING_SPAN_ID: 'spanId',
    OTEL_INSTRUMENTATION_COMMON_LOGGING_TRACE_FLAGS: 'flags',
  }
  for (const app of ['pino.cjs', 'winston.cjs', 'bunyan.cjs']) {
    const server = await start(t, `logs/${app}`, { env: { OTEL_TRACES_EXPORTER: 'none', ...names } })
    const plain = (await recordsOf(server)).filter((record) => (record.msg ?? record.message) === 'plain')
    const told = plain.filter((record) => 'spanId' in record)
    assert.equal(told.length, 2)
    for (const record of told) {
      assert.match(String(record['dd.trace"id']), /^[0-9a-f]{32}$/)
      assert.match(String(record.spanId), /^[0-9a-f]{16}$/)
      assert.match(String(record.flags), /^[0-9a-f]{2}$/)
      assert.equal('trace_id' in record, false)
    }
  }
})

test('a library that is switched off writes what it writes without the agent', async (t) => {
  for (const name of ['pino', 'winston', 'bunyan']) {
    const env = { OTEL_TRACES_EXPORTER: 'none', [`OTEL_INSTRUMENTATION_${name.toUpperCase()}_ENABLED`]: 'false' }
    const records = await recordsOf(await start(t, `logs/${name}.mjs`, { env }))
    assert.deepEqual(records, await recordsOf(await start(t, `logs/${name}.mjs`, { agent: false })))
  }
})

test('records that another thread writes tell the span of their caller', async (t) => {
  const sink = await startSink(t)
  const server = await start(t, 'logs/pino-transport.cjs', { env: sink.env })
  const told = (await recordsOf(server)).filter(hasIds)
  const [span] = await sink.settled()
  assert.deepEqual(
    told.map(({ span_id }) => span_id),
    [span?.spanId, span?.spanId],
  )
})

type Record = Readonly<globalThis.Record<string, unknown>>

/** What a server of test/apps/logs writes at start and for one request, without what differs between runs, sorted. */
async function recordsOf(server: Server): Promise<Record[]> {
  await (await fetch(server.url)).arrayBuffer()
  const { stdout } = await server.stop()
  const lines = stdout.split('\n').filter((line) => line !== '' && !line.startsWith('listening '))
  const records = lines.map((line) => {
    // Some have text before.
    const start = line.indexOf('{')
    const { pid, time, ...record } = JSON.parse(line.slice(start))
    return start === 0 ? record : { text: line.slice(0, start), ...record }
  })
  return records.sort((one, other) => (told(one) < told(other) ? -1 : 1))
}

function told(record: Record): string {
  return JSON.stringify(withoutIds(record))
}

function hasIds(record: Record): boolean {
  return 'span_id' in record
}

function idsOf({ trace_id, span_id, trace_flags }: Record): string {
  return JSON.stringify({ trace_id, span_id, trace_flags })
}

function withoutIds(record: Record): Record {
  if (!hasIds(record)) return record
  const { trace_id, span_id, trace_flags, ...rest } = record
  return rest
}
