// node test/loggers.mjs [pino|winston|bunyan [version ...]]: runs the test programs of loggers with versions from npm, and
// tells whether they write what they write without the agent, how many of their records have the ids of their span, and
// whether each is sent once. Needs the compiled tests.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const dist = fileURLToPath(new URL('../dist/test/harness/', import.meta.url))
const { owning } = await import(join(dist, 'owner.js'))
const { start } = await import(join(dist, 'program.js'))
const { projectOf } = await import(join(dist, 'project.js'))
const { startSink } = await import(join(dist, 'sink.js'))

const VERSIONS = {
  pino: ['5.17.0', '6.0.0', '6', '7.0.0', '7', '8.0.0', '8', '9.0.0', '9', '10.0.0', '10'],
  winston: ['3.2.0', '3.3', '3.4.0', '3.8', '3'],
  bunyan: ['1.8.0', '1', '2.0.5'],
}
/** Records of one round, and lines of them that have the ids of their span. */
const RECORDS = { pino: [8, 6], winston: [6, 5], bunyan: [5, 5] }
const IDS = /,?"(trace_id|span_id|trace_flags)":"[0-9a-f]+"/g

const [only, ...given] = process.argv.slice(2)
let failed = false
for (const library of only === undefined ? Object.keys(VERSIONS) : [only]) {
  for (const version of given.length > 0 ? given : VERSIONS[library]) {
    const problems = await owning((owner) => problemsOf(owner, library, version)).catch(({ message }) => [message])
    console.log(`${library} ${version.padEnd(8)} ${problems.join('; ') || 'as it should be'}`)
    failed ||= problems.length > 0
  }
}
process.exitCode = failed ? 1 : 0

async function problemsOf(owner, library, version) {
  const project = await projectOf(owner, 'logs', {})
  const flags = [
    '--no-save',
    '--no-package-lock',
    '--no-audit',
    '--no-fund',
    '--silent',
    '--prefer-offline',
    '--ignore-scripts',
  ]
  execFileSync('npm', ['install', ...flags, '--prefix', project, `${library}@${version}`], { stdio: 'inherit' })
  const app = join(project, `${library}.cjs`)
  const bare = await written(await start(owner, app, { agent: false }))
  const sink = await startSink(owner)
  const env = { ...sink.env, AUTOSPAN_LOG_SOURCES: `${library},console`, OTEL_LOG_LEVEL: 'warn' }
  const traced = await written(await start(owner, app, { env }))
  const [span] = await sink.settled()
  const [records, lines] = RECORDS[library]
  const ofLibrary = sink.logs.filter(({ scope }) => scope.name === `autospan/${library}`)
  const problems = []
  const check = (what, actual, expected) => {
    if (actual !== expected) problems.push(`${what}: ${actual} instead of ${expected}`)
  }
  check('stderr', traced.stderr, bare.stderr)
  check(
    'lines',
    traced.lines.map((line) => line.replaceAll(IDS, '')).join(),
    bare.lines.map((line) => line.replaceAll(IDS, '')).join(),
  )
  check('with ids', traced.lines.filter((line) => line.includes(`"span_id":"${span?.spanId}"`)).length, 2 * lines)
  check('sent', ofLibrary.length, 3 * records)
  check('sent in the span', ofLibrary.filter(({ spanId }) => spanId === span?.spanId).length, 2 * records)
  check('sent twice', sink.logs.filter(({ scope }) => scope.name === 'autospan/console').length, 1)
  return problems
}

async function written(server) {
  await (await fetch(server.url)).arrayBuffer()
  const { stdout, stderr } = await server.stop()
  const lines = stdout.split('\n').filter((line) => line !== '' && !line.startsWith('listening '))
  return { stderr, lines: lines.map((line) => line.replaceAll(/"(pid|time)":("[^"]*"|\d+)/g, '')).sort() }
}
