import assert from 'node:assert/strict'
import { type Dirent, mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { said } from '../exit/bare.js'
import { temporaryFolder } from '../harness/folder.js'
import type { Owner } from '../harness/owner.js'
import { launch, type Outcome, type Program, run } from '../harness/program.js'
import { type Sink, type SinkOptions, startSink } from '../harness/sink.js'

const APP = 'exit/spooled.mjs'
const NOWHERE = 'http://127.0.0.1:1'

/** The files of requests, whole or not, but for those that were put aside. */
function filesIn(folder: string): string[] {
  return entriesOf(folder).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.name.startsWith('corrupt')) return []
    if (entry.isDirectory()) return filesIn(path)
    return entry.name.endsWith('.pb') ? [path] : []
  })
}

/** None of a folder that is gone: a program that starts takes those of others away when they are empty. */
function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** As their names tell. */
function recordsIn(spool: string): number {
  return filesIn(spool).reduce((sum, path) => sum + Number(/-(\d+)\.span\.pb$/.exec(path)?.[1]), 0)
}

/** Runs programs of one span each, all at once, until the spool is empty. */
async function drain(owner: Owner, spool: string, programs = 1, options: SinkOptions = {}): Promise<Sink> {
  const sink = await startSink(owner, options)
  const env = { SPANS: '1', STAY: 'forever', AUTOSPAN_SPOOL_DIRECTORY: spool, ...sink.env }
  const before = recordsIn(spool)
  const running = Array.from({ length: programs }, () =>
    launch(owner, APP, { env: { ...env, OTEL_BSP_SCHEDULE_DELAY: '0' } }),
  )
  await sink.spans(before + programs)
  await Promise.all(running.map(stop))
  return sink
}

function stop(program: Program): Promise<Outcome> {
  program.signal('SIGTERM')
  return program.end(10_000)
}

/** Kills a program as soon as so many records more than before are in the spool, which nobody but the disk tells. */
async function kill(owner: Owner, env: Record<string, string>, more = Number(env.SPANS)): Promise<void> {
  const spool = env.AUTOSPAN_SPOOL_DIRECTORY as string
  const before = recordsIn(spool)
  const program = launch(owner, APP, { env: { OTEL_EXPORTER_OTLP_ENDPOINT: NOWHERE, STAY: 'forever', ...env } })
  while (recordsIn(spool) < before + more) await wait(1)
  program.signal('SIGKILL')
  await program.end(10_000)
}

test('what a program could not deliver is kept, said, and delivered by its next start', async (t) => {
  const spool = temporaryFolder(t)
  const env = { AUTOSPAN_SPOOL_DIRECTORY: spool, OTEL_EXPORTER_OTLP_ENDPOINT: NOWHERE }
  const outcome = await run(APP, { env })
  assert.deepEqual(said(outcome).slice(1), [
    `autospan: keeps 3 spans in ${spool} for the next start, not delivered to ${NOWHERE}/v1/traces: connection refused (ECONNREFUSED)`,
  ])
  const sink = await startSink(t)
  const next = launch(t, APP, { env: { ...env, ...sink.env, STAY: 'forever' } })
  await sink.spans(3)
  const stopped = await stop(next)
  assert.equal((await sink.settled()).length, 6)
  assert.deepEqual(said(stopped).slice(1), [`autospan: sends 3 spans of earlier runs from ${spool}`])
  assert.deepEqual(filesIn(spool), [])
})

test('what is kept grows no older by the clocks that programs under test put in the place of the true one', async (t) => {
  const spool = temporaryFolder(t)
  const sink = await startSink(t)
  await run(APP, { env: { AUTOSPAN_SPOOL_DIRECTORY: spool, OTEL_EXPORTER_OTLP_ENDPOINT: NOWHERE, YEAR: '2000' } })
  const next = launch(t, APP, { env: { AUTOSPAN_SPOOL_DIRECTORY: spool, ...sink.env, STAY: 'forever', YEAR: '2050' } })
  await sink.spans(6)
  await stop(next)
})

test('a program that delivers leaves nothing in its spool, and says nothing of it', async (t) => {
  const spool = temporaryFolder(t)
  const sink = await startSink(t)
  const env = { AUTOSPAN_SPOOL_DIRECTORY: spool, ...sink.env }
  const runs: Record<string, string>[] = [{}, { STAY: '300', OTEL_BSP_SCHEDULE_DELAY: '0' }]
  for (const more of runs) {
    assert.deepEqual(said(await run(APP, { env: { ...env, ...more } })).slice(1), [])
  }
  assert.equal((await sink.settled()).length, 6)
  assert.deepEqual(filesIn(spool), [])
})

test('what a killed program has left is delivered once, by whichever of several that start together', async (t) => {
  const spool = temporaryFolder(t)
  const env = { AUTOSPAN_SPOOL_DIRECTORY: spool, OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '10', SPANS: '200' }
  await kill(t, env)
  const sink = await drain(t, spool, 3)
  assert.equal(new Set(sink.delivered.map(({ spanId }) => spanId)).size, 203)
  assert.deepEqual(filesIn(spool), [])
})

test('a program that is killed at any time leaves whole requests only, and each is delivered once', async (t) => {
  const spool = temporaryFolder(t)
  const env = { AUTOSPAN_SPOOL_DIRECTORY: spool, OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '20', SPANS: '1000000', RATE: '10' }
  for (const more of [1, 21, 61, 101, 161, 241]) await kill(t, env, more)
  const left = recordsIn(spool)
  assert.ok(left > 0)
  const sink = await drain(t, spool)
  assert.equal(sink.delivered.length, left + 1)
  assert.deepEqual(filesIn(spool), [])
  assert.deepEqual(
    readdirSync(spool).filter((name) => name === 'corrupt'),
    [],
  )
})

for (const [what, damage] of [
  ['truncated', (path: string) => truncateSync(path, statSync(path).size - 1)],
  ['empty', (path: string) => truncateSync(path, 0)],
  [
    'altered',
    (path: string) => {
      const bytes = readFileSync(path)
      bytes[bytes.length >> 1]! ^= 1
      writeFileSync(path, bytes)
    },
  ],
] as const) {
  test(`a file that is ${what} is put aside, said and counted, and the others arrive`, async (t) => {
    const spool = temporaryFolder(t)
    await kill(t, { AUTOSPAN_SPOOL_DIRECTORY: spool, OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '1', SPANS: '3' })
    damage(filesIn(spool).sort()[1] as string)
    const sink = await startSink(t)
    const env = { AUTOSPAN_SPOOL_DIRECTORY: spool, ...sink.env, SPANS: '1' }
    const next = launch(t, APP, { env: { ...env, STAY: 'forever' } })
    await sink.spans(2)
    const lines = said(await stop(next))
    assert.equal((await sink.settled()).length, 3)
    assert.equal(readdirSync(join(spool, 'corrupt')).length, 1)
    assert.ok(lines.some((line) => /a file of 1 span in the spool is not whole, put aside as .*corrupt/.test(line)))
    assert.deepEqual(filesIn(spool), [])
  })
}

test('files that are too old are removed, and said', async (t) => {
  const spool = temporaryFolder(t)
  await kill(t, { AUTOSPAN_SPOOL_DIRECTORY: spool, OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '1', SPANS: '3' })
  const [folder] = readdirSync(spool)
  mkdirSync(join(spool, 'corrupt'))
  for (const name of [`${folder}/1-1-1.other.pb`, 'corrupt/a']) writeFileSync(join(spool, name), '')
  const sink = await startSink(t)
  // Spools of other signals remove what is too old as well, and count it not.
  const own = { OTEL_METRICS_EXPORTER: 'none', AUTOSPAN_SPOOL_MAX_AGE: '0' }
  const env = { AUTOSPAN_SPOOL_DIRECTORY: spool, ...sink.env, ...own }
  const next = launch(t, APP, { env: { ...env, SPANS: '1', STAY: 'forever' } })
  await next.printed(/the spool is full or too old: dropped the 3 oldest, 3 in all$/m, { on: 'stderr' })
  await stop(next)
  assert.equal((await sink.settled()).length, 1)
  assert.deepEqual(filesIn(spool), [])
  assert.deepEqual(readdirSync(join(spool, 'corrupt')), [])
})

test('the spool is bounded, and takes what the memory has no room for', async (t) => {
  const spool = temporaryFolder(t)
  const bound = 64 * 1024
  const env = {
    AUTOSPAN_SPOOL_DIRECTORY: spool,
    AUTOSPAN_SPOOL_MAX_BYTES: String(bound),
    AUTOSPAN_QUEUE_MAX_BYTES: '8192',
    OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '10',
    OTEL_EXPORTER_OTLP_ENDPOINT: NOWHERE,
  }
  const { stderr } = await run(APP, { env: { ...env, SPANS: '5000' } })
  const size = filesIn(spool).reduce((sum, path) => sum + statSync(path).size, 0)
  assert.ok(size <= bound, `${size} bytes`)
  const kept = recordsIn(spool)
  // More than the memory has room for.
  assert.ok(size > 3 * 8192 && kept > 0, `${size} bytes, ${kept} spans`)
  assert.match(stderr, /dropped the \d+ oldest/)
  const sink = await drain(t, spool)
  assert.equal(sink.delivered.length, kept + 1)
})

test('a spool that cannot be written costs a line, and nothing else', async (t) => {
  const file = join(temporaryFolder(t), 'a file')
  writeFileSync(file, '')
  const sink = await startSink(t)
  const outcome = await run(APP, {
    env: {
      AUTOSPAN_SPOOL_DIRECTORY: file,
      ...sink.env,
      STAY: '200',
      OTEL_BSP_SCHEDULE_DELAY: '0',
    },
  })
  assert.equal((await sink.settled()).length, 3)
  const lines = said(outcome).slice(1)
  assert.equal(lines.length, 1, lines.join('\n'))
  assert.match(lines[0]!, /cannot write the spool .*\(ENOTDIR\)$/)
})

test('a spool without room for a whole request keeps nothing of it, and says so', async (t) => {
  const spool = temporaryFolder(t)
  // In blocks of 512 or 1024 bytes, as shells have it.
  const node = join(temporaryFolder(t), 'node')
  const own = process.env.AUTOSPAN_TEST_NODE ?? process.execPath
  writeFileSync(node, `#!/bin/sh\nulimit -f 2\nexec '${own}' "$@"\n`, { mode: 0o700 })
  const env = { AUTOSPAN_SPOOL_DIRECTORY: spool, OTEL_EXPORTER_OTLP_ENDPOINT: NOWHERE, SPANS: '100', RATE: '100' }
  const runs: Record<string, string>[] = [{}, { STAY: '300', OTEL_BSP_SCHEDULE_DELAY: '0' }]
  for (const more of runs) {
    const lines = said(await run(APP, { node, env: { ...env, ...more } })).slice(1)
    assert.equal(lines.length, 2, lines.join('\n'))
    assert.match(lines[0]!, /cannot write the spool .*\(EFBIG\)$/)
    assert.match(lines[1]!, /lost 100 spans, not delivered to /)
    const left = entriesOf(spool).flatMap(({ name }) => readdirSync(join(spool, name)))
    assert.deepEqual(left, [])
  }
})
