// node test/versions.mjs express [version ...]: runs a library's test program with the newest release of each of its
// minor lines, from npm, or with the versions given. Of each it tells whether the program answers as without the agent,
// and which traces differ from those of the newest line, which the tests hold. Needs the compiled tests.
import { execFileSync } from 'node:child_process'
import { Agent, request } from 'node:http'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const { drawTraces } = await import(join(root, 'dist/test/harness/draw.js'))
const { owning } = await import(join(root, 'dist/test/harness/owner.js'))
const { start } = await import(join(root, 'dist/test/harness/program.js'))
const { projectOf } = await import(join(root, 'dist/test/harness/project.js'))
const { startSink } = await import(join(root, 'dist/test/harness/sink.js'))

const LIBRARIES = {
  express: {
    app: 'server.cjs',
    majors: [4, 5],
    requests: [
      '/?a=b',
      '/users/7?a=b',
      'HEAD /users/7',
      'PUT /books/1',
      'DELETE /any/1',
      '/people/joe',
      '/api/t1',
      '/api/t1/items/2',
      '/admin',
      '/admin/reports/2020',
      '/dynamic/name/t1/items/2',
      'POST /account/get',
      '/inner/1',
      '/a',
      '/b/1',
      '/c12',
      '/files/12.TXT',
      '/en/reports/1',
      '/de/by/reports/1',
      '/nope/123',
      '/api',
      '/api/t1/nope',
      '/found/nope',
      '/admin/nope',
      '/static/nope',
      '/maybe/1',
      '/users/%zz',
      'DELETE /users/1',
      'OPTIONS /users/1',
      '/twice/1',
      '/api/t1/left/2',
      '/around/1',
      '/eager/1',
      '/found/page',
      '/guarded/1',
      '/private/home/x',
      '/refused/1',
      '/static/page.txt',
      '/hook/1/x',
      '/fail/throw',
      '/fail/next/500',
      '/fail/next/404',
      '/fail/reject',
      '/fail/own',
      '/fail/unhandled',
      '/fail/recovered',
      '/api/t1/fail',
      '/admin/fail',
      '/hook/1/fail',
      '/people/nobody',
    ],
  },
}

const [name, ...given] = process.argv.slice(2)
const library = LIBRARIES[name]
if (library === undefined) {
  console.error(`usage: node test/versions.mjs ${Object.keys(LIBRARIES).join('|')} [version ...]`)
  process.exit(1)
}

const newest = new Map()
let failed = false
for (const version of given.length > 0 ? given : minorLines()) {
  const major = version.split('.')[0]
  const { lines, changed, broken } = await owning((owner) => trace(owner, version))
  if (broken !== undefined) {
    console.log(`${name} ${version.padEnd(8)} does not run, without the agent either: ${broken}`)
    continue
  }
  if (!newest.has(major)) newest.set(major, lines)
  const different = lines.flatMap((line, i) => (line === newest.get(major)[i] ? [] : [`    ${line}`]))
  console.log(
    `${name} ${version.padEnd(8)} ${changed.length === 0 ? 'answers as without the agent' : 'CHANGES ANSWERS'}; ${lines.length} traces, ${different.length} not as with the newest ${major}.x`,
  )
  for (const line of [...changed.map((request) => `    changed: ${request}`), ...different]) console.log(line)
  failed ||= changed.length > 0
}
process.exitCode = failed ? 1 : 0

/** The newest release of each minor line, newest first. */
function minorLines() {
  const versions = JSON.parse(execFileSync('npm', ['view', name, 'versions', '--json'], { encoding: 'utf8' }))
  const lines = new Map()
  for (const version of versions) {
    const [, major, minor] = /^(\d+)\.(\d+)\.\d+$/.exec(version) ?? []
    if (library.majors.includes(Number(major))) lines.set(`${major}.${minor}`, version)
  }
  return [...lines.values()].reverse()
}

async function trace(owner, version) {
  const project = await projectOf(owner, name, {})
  const flags = ['--no-save', '--no-package-lock', '--no-audit', '--no-fund', '--silent', '--prefer-offline']
  execFileSync('npm', ['install', ...flags, '--prefix', project, `${name}@${version}`], { stdio: 'inherit' })
  const app = join(project, library.app)
  const sink = await startSink(owner)
  const bare = await start(owner, app, { agent: false }).catch((error) => error)
  if (bare instanceof Error) return { broken: bare.message.match(/^\w*Error: .*/m)?.[0] ?? bare.message }
  const traced = await start(owner, app, { env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url } })
  const changed = []
  for (const request of library.requests) {
    const [expected, actual] = [await answerOf(bare, request), await answerOf(traced, request)]
    if (actual !== expected) changed.push(request)
  }
  await bare.stop()
  await traced.stop()
  const spans = await sink.settled()
  return { changed, lines: spans.map((span, i) => `${library.requests[i].padEnd(26)} ${drawTraces([span]).trim()}`) }
}

/** On a connection of its own, for some old versions close theirs after an answer; and we never do. */
function answerOf({ port }, line) {
  const [path, method] = line.split(' ').reverse()
  return new Promise((resolve) => {
    const sent = request(
      { port, host: '127.0.0.1', path, method, agent: new Agent({ keepAlive: true }) },
      async (response) => {
        const { date: _, ...headers } = response.headers
        const parts = await response.toArray()
        resolve(JSON.stringify([response.statusCode, headers, String(Buffer.concat(parts))]))
      },
    )
    sent.on('error', ({ code }) => resolve(code)).end()
  })
}
