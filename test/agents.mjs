// node test/agents.mjs [major or binary of Node.js ...] [part of a name ...]: runs a program with another agent, or with an
// OpenTelemetry SDK, and with this one, in both orders, by --require and by --import. It has to answer and end as with the
// other alone, to be told in one line which that is, and to have each span once. The packages come from npm and stay in
// .agents. Needs the compiled tests.
import { once } from 'node:events'
import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inTurn } from './in-turn.mjs'
import { binaries } from './node-lines.mjs'
import { installPackages } from './packages.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const folder = join(root, '.agents')
const sources = join(root, 'test/agents')
const register = join(root, 'register.mjs')
const { atEnd, owning } = await import(join(root, 'dist/test/harness/owner.js'))
const { startWire } = await import(join(root, 'dist/test/harness/postgres-wire.js'))
const { run } = await import(join(root, 'dist/test/harness/program.js'))
const { startSink } = await import(join(root, 'dist/test/harness/sink.js'))

/** Where nobody listens. */
const NOWHERE = 'http://127.0.0.1:9'
const FIRST = 'another OpenTelemetry SDK has started before'
const SECOND = 'the program has registered an OpenTelemetry SDK after autospan'
const DOUBLES = /^spans (and metrics )?of .* are left out/

/**
 * How each is started, and what is said of it: before this agent, and after it. What it sends to its own backend it sends
 * without being traced, but where it `shows`. Default: its package is loaded and that is all, it runs in .agents, by both
 * flags, on all lines.
 */
const AGENTS = {
  'dd-trace': {
    start: `dd.init({ startupLogs: false, url: process.env.BACKEND })`,
    as: 'dd',
    said: [[], []],
    beside: 'dd-trace',
    shows: true,
  },
  newrelic: { said: [[], []], beside: 'newrelic', shows: true },
  'elastic-apm-node': {
    start: `apm.start({ serverUrl: process.env.BACKEND, logLevel: 'off', cloudProvider: 'none' })`,
    as: 'apm',
    said: [[/^pino/], []],
    beside: 'elastic-apm-node',
    shows: true,
  },
  ...Object.fromEntries(
    ['sentry8', 'sentry9', '@sentry/node'].map((name) => [
      name,
      {
        start: `sentry.init({ dsn: process.env.BACKEND.replace('//', '//key@') + '/1', tracesSampleRate: 1 })`,
        as: 'sentry',
        said: [[FIRST], [SECOND, DOUBLES]],
        beside: '@sentry/node',
      },
    ]),
  ),
  '@opentelemetry/auto-instrumentations-node/register': { said: [[FIRST], [SECOND, DOUBLES]] },
  ...Object.fromEntries(
    Object.entries({
      'sdk-1.0': {},
      'sdk-1.15': { flags: ['--import'] },
      'sdk-1.30': { flags: ['--require'] },
      'sdk-2.12': { flags: ['--import'] },
      'sdk-3.1': { lines: [22, 24, 26], env: { SDK: '@opentelemetry/sdk-trace' } },
    }).map(([name, { env = { SDK: '@opentelemetry/sdk-trace-base' }, ...other }]) => [
      name,
      { ...other, env, module: './sdk.cjs', folder: name, said: [[FIRST], [SECOND, DOUBLES]] },
    ]),
  ),
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

const given = process.argv.slice(2)
const wanted = given.filter((argument) => /^\d+$|^[./]/.test(argument))
const parts = given.filter((argument) => !wanted.includes(argument))
const names = Object.keys(AGENTS).filter((name) => parts.length === 0 || parts.some((part) => name.includes(part)))
await install()
const runs = (wanted.length > 0 ? wanted : [process.execPath]).flatMap(binaries).flatMap((node) =>
  names.flatMap((agent) => {
    const { lines, flags = ['--require', '--import'] } = AGENTS[agent]
    if (lines?.includes(Number(/\d+/.exec(node.version)[0])) === false) return []
    return flags.map((flag) => ({ node, agent, flag }))
  }),
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
  const { said, beside, shows } = AGENTS[agent]
  const environment = { DATABASE_URL: await startWire(owner), BACKEND: await startBackend(owner) }
  const own = [flag, preload(agent, flag)]
  const ours = [flag, register]
  const alone = await start(node, agent, own, { ...environment, OTEL_EXPORTER_OTLP_ENDPOINT: NOWHERE })
  const problems = []
  for (const [i, nodeFlags] of [
    [...own, ...ours],
    [...ours, ...own],
  ].entries()) {
    const order = i === 0 ? 'before autospan' : 'after autospan'
    const sink = await startSink(owner)
    const both = await start(node, agent, nodeFlags, { ...environment, OTEL_EXPORTER_OTLP_ENDPOINT: sink.url })
    const expect = (isSo, what) => isSo || problems.push(`${order}: ${what}`)
    expect(both.stdout === alone.stdout, `stdout is ${both.stdout}, was ${alone.stdout}`)
    expect(
      both.code === 7 && alone.code === 7,
      `ended with ${both.code}, alone with ${alone.code}: ${both.stderr.slice(0, 500)}`,
    )
    const expected = [...said[i], ...(beside === undefined ? [] : [`${beside} is in the process too`])]
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
    const spans = await sink.settled()
    const isFirst = said[i].includes(FIRST)
    for (const problem of doublesIn(spans, isFirst ? 0 : 1)) expect(false, problem)
    const posts = spans.filter(({ attributes }) => attributes['url.full']?.startsWith(environment.BACKEND))
    if (shows !== true) expect(posts.length === 0, `${posts.length} posts to its backend are traced`)
  }
  return problems
}

/** Takes whatever is sent. */
async function startBackend(owner) {
  const backend = createServer((request, response) => {
    request.resume().on('end', () => response.setHeader('content-type', 'application/json').end('{}'))
  }).listen(0, '127.0.0.1')
  atEnd(owner, async () => {
    backend.close()
    backend.closeAllConnections()
  })
  await once(backend, 'listening')
  return `http://127.0.0.1:${backend.address().port}`
}

function matches(line, text) {
  return typeof text === 'string' ? line.startsWith(text) : text.test(line)
}

/**
 * Three requests are served, and as many sent; one query; and the program has a span of its own, where that is not
 * another's. What others make of them besides is left out.
 */
function doublesIn(spans, expectedOwn) {
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
  expect(
    'spans of its own',
    count(({ name }) => name === 'price'),
    expectedOwn,
  )
  return told
}

function start({ node }, agent, nodeFlags, env) {
  const cwd = join(folder, AGENTS[agent].folder ?? '')
  return run(join(cwd, 'shop.cjs'), {
    node,
    agent: false,
    nodeFlags,
    cwd,
    env: {
      ...ENV,
      ...AGENTS[agent].env,
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
      OTEL_LOG_LEVEL: 'warn',
      ...env,
    },
  })
}

/** A file that starts another agent. */
function preload(agent, flag) {
  const { start = '', as = 'nothing', module = agent, folder: own = '' } = AGENTS[agent]
  const isRequired = flag === '--require'
  const file = join(folder, own, `${agent.replaceAll(/\W/g, '-')}.${isRequired ? 'cjs' : 'mjs'}`)
  const load = isRequired
    ? `const ${as} = require('${module}')`
    : start === ''
      ? `import '${module}'`
      : `import * as all from '${module}'; const ${as} = all.default ?? all`
  writeFileSync(file, `${load}\n${start}\n`)
  return file
}

async function install() {
  const lists = [[join(sources, 'package.json'), folder]]
  for (const name of readdirSync(join(sources, 'sdks')))
    lists.push([join(sources, 'sdks', name), join(folder, name.replace(/\.json$/, ''))])
  for (const [, into] of lists) {
    mkdirSync(into, { recursive: true })
    for (const file of ['shop.cjs', 'sdk.cjs']) copyFileSync(join(sources, file), join(into, file))
  }
  await inTurn(lists, ([list, into]) => installPackages(list, into))
}
