// node test/agents.mjs [major or binary of Node.js ...]: runs a program with another agent and this one, in both orders, by
// --require and by --import. It has to answer and end as with the other alone, to be told in one line which that is, and to
// have each span once. The packages come from npm and stay in .agents. Needs the compiled tests.
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inTurn } from './in-turn.mjs'
import { binaries } from './node-lines.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const folder = join(root, '.agents')
const list = join(root, 'test/agents/package.json')
const register = join(root, 'register.mjs')
const { owning } = await import(join(root, 'dist/test/harness/owner.js'))
const { startWire } = await import(join(root, 'dist/test/harness/postgres-wire.js'))
const { run } = await import(join(root, 'dist/test/harness/program.js'))
const { startSink } = await import(join(root, 'dist/test/harness/sink.js'))

/** Where nobody listens: what the other agents send gets nowhere. */
const NOWHERE = 'http://127.0.0.1:9'
const FIRST = 'another OpenTelemetry SDK has started before'
const SECOND = 'the program has registered an OpenTelemetry SDK after autospan'
const DOUBLES = /^spans of .* are left out/
const BESIDE = (name) => `${name} is in the process too`

/** How each is started, and what is said of it: before this agent, and after it. */
const AGENTS = {
  'dd-trace': { start: `dd.init({ startupLogs: false, url: '${NOWHERE}' })`, as: 'dd', said: [[], []] },
  newrelic: { start: '', as: 'newrelic', said: [[], []] },
  'elastic-apm-node': {
    start: `apm.start({ serverUrl: '${NOWHERE}', logLevel: 'off', cloudProvider: 'none' })`,
    as: 'apm',
    said: [[/^pino/], []],
  },
  ...Object.fromEntries(
    ['sentry8', 'sentry9', '@sentry/node'].map((name) => [
      name,
      {
        start: `sentry.init({ dsn: 'http://key@127.0.0.1:9/1', tracesSampleRate: 1 })`,
        as: 'sentry',
        name: '@sentry/node',
        said: [[FIRST], [SECOND, DOUBLES]],
      },
    ]),
  ),
  '@opentelemetry/auto-instrumentations-node/register': {
    start: '',
    as: 'nothing',
    name: undefined,
    said: [[FIRST], [SECOND, DOUBLES]],
    printsErrors: true,
  },
}

const ENV = {
  NEW_RELIC_APP_NAME: 'shop',
  NEW_RELIC_LICENSE_KEY: '0'.repeat(40),
  NEW_RELIC_HOST: '127.0.0.1',
  NEW_RELIC_LOG_ENABLED: 'false',
  NEW_RELIC_NO_CONFIG_FILE: 'true',
  DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false',
  DD_REMOTE_CONFIGURATION_ENABLED: 'false',
  OTEL_NODE_RESOURCE_DETECTORS: 'none',
  // A busy machine may need longer than a user would wait.
  AUTOSPAN_EXIT_TIMEOUT: '10000',
}

install()
const wanted = process.argv.length > 2 ? process.argv.slice(2) : [process.execPath]
const runs = wanted
  .flatMap(binaries)
  .flatMap((node) =>
    Object.keys(AGENTS).flatMap((agent) => ['--require', '--import'].map((flag) => ({ node, agent, flag }))),
  )
let isBad = false
await inTurn(runs, async (what) => {
  const lines = await owning((owner) => check(owner, what))
  console.log(
    [
      `Node.js ${what.node.version}, ${what.agent} by ${what.flag}: ${lines.length === 0 ? 'good' : 'BAD'}`,
      ...lines,
    ].join('\n  '),
  )
  isBad ||= lines.length > 0
})
if (isBad) process.exitCode = 1

async function check(owner, { node, agent, flag }) {
  const database = await startWire(owner)
  const own = [flag, preload(agent, flag)]
  const ours = [flag, register]
  const alone = await start(node, own, database, NOWHERE)
  const problems = []
  for (const [i, nodeFlags] of [
    [...own, ...ours],
    [...ours, ...own],
  ].entries()) {
    const order = i === 0 ? 'before autospan' : 'after autospan'
    const sink = await startSink(owner)
    const both = await start(node, nodeFlags, database, sink.url)
    const expect = (isSo, what) => isSo || problems.push(`${order}: ${what}`)
    expect(both.stdout === alone.stdout, `stdout is ${both.stdout}, was ${alone.stdout}`)
    expect(
      both.code === 7 && alone.code === 7,
      `ended with ${both.code}, alone with ${alone.code}: ${both.stderr.slice(0, 500)}`,
    )
    const { said, name = agent } = AGENTS[agent]
    const expected = [
      ...said[i],
      ...('name' in AGENTS[agent] && AGENTS[agent].name === undefined ? [] : [BESIDE(name)]),
    ]
    const lines = both.stderr
      .split('\n')
      .filter((line) => line.startsWith('autospan: '))
      .map((line) => line.slice(10))
    for (const line of lines)
      expect(
        expected.some((text) => matches(line, text)),
        `said ${line}`,
      )
    for (const text of expected)
      expect(lines.filter((line) => matches(line, text)).length === 1, `not said once: ${text}`)
    for (const problem of doublesIn(await sink.settled())) expect(false, problem)
  }
  return problems
}

function matches(line, text) {
  return typeof text === 'string' ? line.startsWith(text) : text.test(line)
}

/** Three requests are served, and as many sent; one query. What others make of them besides is left out. */
function doublesIn(spans) {
  const [SERVER, CLIENT] = [2, 3]
  const isOurs = ({ scope }) => scope.name.startsWith('autospan/')
  const count = (is) => spans.filter(is).length
  const told = []
  const expect = (what, actual, expected) => actual === expected || told.push(`${actual} ${what}, not ${expected}`)
  expect(
    'spans of requests served',
    count(({ kind }) => kind === SERVER),
    3,
  )
  const isSent = ({ kind, attributes }) =>
    kind === CLIENT && /:\d+\/(leaf|users)/.test(attributes['url.full'] ?? attributes['http.url'])
  expect('spans of requests sent', count(isSent), 3)
  expect(
    'spans of requests sent that have no kind',
    count((span) => !isOurs(span) && span.kind !== CLIENT && span.attributes['sentry.op'] === 'http.client'),
    0,
  )
  expect(
    'spans of queries',
    count(
      ({ attributes }) =>
        'db.query.text' in attributes ||
        'db.statement' in attributes ||
        attributes['sentry.origin'] === 'auto.db.otel.postgres',
    ),
    1,
  )
  return told
}

function start({ node }, nodeFlags, database, collector) {
  return run(join(folder, 'shop.cjs'), {
    node,
    agent: false,
    nodeFlags,
    cwd: folder,
    env: {
      ...ENV,
      DATABASE_URL: database,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector,
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
      OTEL_LOG_LEVEL: 'warn',
    },
  })
}

/** A file that starts another agent. */
function preload(agent, flag) {
  const { start, as } = AGENTS[agent]
  const isRequired = flag === '--require'
  const file = join(folder, `${agent.replaceAll(/\W/g, '-')}.${isRequired ? 'cjs' : 'mjs'}`)
  const load = isRequired
    ? `const ${as} = require('${agent}')`
    : start === ''
      ? `import '${agent}'`
      : `import * as all from '${agent}'; const ${as} = all.default ?? all`
  writeFileSync(file, `${load}\n${start}\n`)
  return file
}

function install() {
  mkdirSync(folder, { recursive: true })
  copyFileSync(join(root, 'test/agents/shop.cjs'), join(folder, 'shop.cjs'))
  const complete = join(folder, 'installed.json')
  if (existsSync(complete) && readFileSync(complete, 'utf8') === readFileSync(list, 'utf8')) return
  rmSync(complete, { force: true })
  copyFileSync(list, join(folder, 'package.json'))
  console.log('installing other agents from npm')
  const quiet = ['--no-audit', '--no-fund', '--silent', '--prefer-offline', '--no-save', '--no-package-lock']
  const { status } = spawnSync('npm', ['install', '--ignore-scripts', ...quiet, '--prefix', folder], {
    stdio: 'inherit',
  })
  if (status !== 0) throw new Error('npm could not install the packages')
  copyFileSync(list, complete)
}
