import assert from 'node:assert/strict'
import { chmodSync, existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { PLAIN_DOORS, said } from '../exit/bare.js'
import { temporaryFolder } from '../harness/folder.js'
import { type DecodedSpan, decodeTraces } from '../harness/otlp-decode.js'
import { launch, run } from '../harness/program.js'
import { startSink } from '../harness/sink.js'

/** Each line is a whole request; together they have these spans. */
function spansOf(lines: string): readonly DecodedSpan[] {
  assert.ok(lines.endsWith('\n'))
  return lines
    .slice(0, -1)
    .split('\n')
    .flatMap((line) => decodeTraces(Buffer.from(line), 'application/json').spans)
}

for (const DOOR of PLAIN_DOORS) {
  test(`otlp/file has all spans of a program that ends by ${DOOR}`, async (t) => {
    const file = join(temporaryFolder(t), 'deep/traces.jsonl')
    const env = { OTEL_TRACES_EXPORTER: 'otlp/file', AUTOSPAN_TRACES_FILE: file, DOOR }
    const first = await run('exit/leave.mjs', { env })
    assert.match(first.stderr, new RegExp(`spans go to ${file};`))
    assert.equal(spansOf(readFileSync(file, 'utf8')).length, 2)
    await run('exit/leave.cjs', { env })
    assert.equal(spansOf(readFileSync(file, 'utf8')).length, 4)
  })
}

test('files of a program that leaves its folder are in the one where it was started', async (t) => {
  const cwd = temporaryFolder(t)
  const env = { OTEL_TRACES_EXPORTER: 'otlp/file', OTEL_LOGS_EXPORTER: 'otlp/file', OTEL_METRICS_EXPORTER: 'otlp/file' }
  await run('exit/elsewhere.mjs', { cwd, env: { ...env, ELSEWHERE: temporaryFolder(t) } })
  assert.deepEqual(readdirSync(cwd).sort(), ['logs.jsonl', 'metrics.jsonl', 'traces.jsonl'])
})

test('otlp/stdout writes requests as lines, beside those of the program', async () => {
  const env = { OTEL_TRACES_EXPORTER: 'otlp/stdout', WAY: 'many' }
  const { stdout } = await run('exit/own-spans.mjs', { env })
  const lines = stdout.split('\n')
  assert.ok(lines.includes('at the door'))
  const requests = lines.filter((line) => line.startsWith('{'))
  assert.equal(spansOf(`${requests.join('\n')}\n`).length, 10_000)
  // The program's line, and what follows the last line break.
  assert.equal(lines.length, requests.length + 2)
})

test('a line that stdout had no room for stays the only one that is torn', async (t) => {
  const program = launch(t, 'exit/waves.mjs', { env: { OTEL_TRACES_EXPORTER: 'otlp/stdout' } })
  await program.printed(/at the door/)
  program.isRead = false
  await program.printed(/cannot write spans to stdout: /, { on: 'stderr' })
  program.isRead = true
  const [, lost] = await program.printed(/stdout can be written again: (\d+) spans lost/, { on: 'stderr' })
  program.signal('SIGTERM')
  const { stdout } = await program.exited
  const requests = stdout.split('\n').filter((line) => line.startsWith('{'))
  const whole = requests.filter((line) => line.endsWith('}'))
  assert.ok(requests.length - whole.length <= 1, `${requests.length - whole.length} are torn`)
  assert.ok(spansOf(`${whole.join('\n')}\n`).length > Number(lost))
})

test('a line that the disk or the end of a process has torn stays the only one', async (t) => {
  const file = join(temporaryFolder(t), 'traces.jsonl')
  writeFileSync(file, '{"resourceSpans":[{"resource":{"attr')
  await run('exit/leave.mjs', {
    env: { OTEL_TRACES_EXPORTER: 'otlp/file', AUTOSPAN_TRACES_FILE: file, DOOR: 'process.exit()' },
  })
  const [, ...lines] = readFileSync(file, 'utf8').split('\n')
  assert.equal(spansOf(lines.join('\n')).length, 2)
})

test('several processes may write to one file', async (t) => {
  const file = join(temporaryFolder(t), 'traces.jsonl')
  const env = {
    OTEL_TRACES_EXPORTER: 'otlp/file',
    AUTOSPAN_TRACES_FILE: file,
    OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '100',
    WAY: 'many',
  }
  await Promise.all([1, 2].map(() => run('exit/own-spans.mjs', { env })))
  // The first line of a process may be empty.
  assert.equal(spansOf(readFileSync(file, 'utf8').replaceAll(/\n+/g, '\n')).length, 20_000)
})

test('a file that is moved away is made anew', async (t) => {
  const path = temporaryFolder(t)
  const file = join(path, 'traces.jsonl')
  const program = launch(t, 'exit/signalled.cjs', {
    env: {
      OTEL_TRACES_EXPORTER: 'otlp/file',
      AUTOSPAN_TRACES_FILE: file,
      OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '1',
      SIGNAL: 'SIGTERM',
      HANDLER: 'none',
    },
  })
  await program.printed(/ready/)
  renameSync(file, join(path, 'old.jsonl'))
  program.signal('SIGTERM')
  await program.end(10_000)
  assert.equal(spansOf(readFileSync(join(path, 'old.jsonl'), 'utf8')).length, 2)
})

for (const [name, env] of [
  ['file', { OTEL_TRACES_EXPORTER: 'otlp/file', AUTOSPAN_TRACES_FILE: '/proc/none/deep/traces.jsonl' }],
  ['spool', { AUTOSPAN_SPOOL_DIRECTORY: '/proc/none/deep', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' }],
] as const) {
  test(`a ${name} where no folder can be made costs one line, and does not hold the program`, {
    skip: !existsSync('/proc/self'),
  }, async (t) => {
    const program = launch(t, 'exit/leave.mjs', { env: { ...env, DOOR: 'the empty event loop' } })
    const outcome = await program.end(10_000)
    assert.equal(outcome.code, 0)
    assert.equal(said(outcome).filter((line) => line.includes('(ENOENT)')).length, 1, outcome.stderr)
  })
}

for (const [what, file, reason] of [
  ['is a folder', '/', 'EISDIR'],
  ['is full', '/dev/full', 'ENOSPC'],
] as const) {
  test(`an output that ${what} costs one line, and the program nothing`, {
    skip: !existsSync('/dev/full'),
  }, async () => {
    const env = { OTEL_TRACES_EXPORTER: 'otlp/file', AUTOSPAN_TRACES_FILE: file, WAY: 'many' }
    const outcome = await run('exit/own-spans.mjs', { env })
    assert.equal(outcome.code, 3)
    const lines = said(outcome).slice(1)
    assert.equal(lines.length, 2, lines.join('\n'))
    assert.match(lines[0]!, new RegExp(`cannot write spans to ${file}: .*\\(${reason}\\); they are lost until it can$`))
    assert.equal(lines[1], `autospan: lost 10000 spans, not written to ${file}`)
  })
}

test('a file that may not be written does not keep spans from the collector', async (t) => {
  const path = temporaryFolder(t)
  const file = join(path, 'traces.jsonl')
  writeFileSync(file, '')
  chmodSync(file, 0o400)
  const sink = await startSink(t)
  const outcome = await run('exit/leave.mjs', {
    env: {
      OTEL_TRACES_EXPORTER: 'otlp/file,otlp',
      AUTOSPAN_TRACES_FILE: process.getuid?.() === 0 ? path : file,
      ...sink.env,
      DOOR: 'process.exit()',
    },
  })
  assert.equal((await sink.settled()).length, 2)
  assert.match(said(outcome)[1]!, /cannot write spans to .*\((EACCES|EISDIR)\)/)
})
