// node test/package-managers.mjs [major or binary of Node.js ...] [part of a name ...]: has a workspace installed by each
// package manager, in each layout that it knows, with the agent as it is published; and runs its program with the agent and
// without. It has to print and end the same, and to make one trace. The package managers come from npm and stay, with what
// they have fetched, in .package-managers. Needs the compiled tests.
import { execFile } from 'node:child_process'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { drawTraces } from '../dist/test/harness/draw.js'
import { temporaryFolder } from '../dist/test/harness/folder.js'
import { owning } from '../dist/test/harness/owner.js'
import { startWire } from '../dist/test/harness/postgres-wire.js'
import { startSink } from '../dist/test/harness/sink.js'
import { inTurn } from './in-turn.mjs'
import { binaries } from './node-lines.mjs'
import { installPackages } from './packages.mjs'
import { SHOP } from './shop.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const folder = join(root, '.package-managers')
const list = join(root, 'test/package-managers/package.json')
const TIMEOUT_MILLIS = 300_000
const AGENT = 'autospan/register'

const YARN = 'node_modules/@yarnpkg/cli-dist/bin/yarn.js'
const PNPM = 'node_modules/pnpm/bin/pnpm.cjs'

/** Each with files of settings, the tool, and how that installs and runs a script; `npm` is Node.js's own. */
const LAYOUTS = {
  'npm workspaces': {
    tool: 'npm',
    install: ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'],
  },
  "Yarn's Plug'n'Play": yarn('nodeLinker: pnp\n'),
  'Yarn, node_modules': yarn('nodeLinker: node-modules\n'),
  'Yarn, links': yarn('nodeLinker: pnpm\n'),
  'pnpm, isolated': pnpm('nodeLinker: isolated\n'),
  'pnpm, hoisted': pnpm('nodeLinker: hoisted\n'),
}

function yarn(settings) {
  const files = { '.yarnrc.yml': `${settings}enableTelemetry: false\nenableScripts: false\n`, 'yarn.lock': '' }
  return { tool: YARN, install: ['install'], files, isPnp: settings.includes('pnp\n') }
}

function pnpm(settings) {
  const files = { 'pnpm-workspace.yaml': `packages: ['packages/*']\n${settings}` }
  return { tool: PNPM, install: ['install', '--ignore-scripts', '--no-frozen-lockfile', '--prefer-offline'], files }
}

const given = process.argv.slice(2)
const wanted = given.filter((argument) => /^\d+$|^[./]/.test(argument))
const parts = given.filter((argument) => !wanted.includes(argument))
const names = Object.keys(LAYOUTS).filter((name) => parts.length === 0 || parts.some((part) => name.includes(part)))
let failed = 0
await owning(async (owner) => {
  await installPackages(list, folder)
  const packed = await pack(owner)
  const registry = (await ran('npm', ['config', 'get', 'registry'])).stdout.trim()
  const database = await startWire(owner)
  const nodes = (wanted.length > 0 ? wanted : [process.execPath]).flatMap(binaries)
  const runs = []
  await inTurn(names, async (name) => {
    const layout = LAYOUTS[name]
    const place = await installed(owner, layout, { packed, registry })
    for (const node of nodes) for (const how of waysToRun(layout, place)) runs.push({ name, node, how })
  })
  await inTurn(runs, async ({ name, node, how }) => {
    const found = await compared({ ...how, node: node.node, database })
    const end = found.length === 0 ? 'as it should be' : 'NOT AS IT SHOULD BE'
    console.log([`Node.js ${node.version}, ${name}, ${how.title}: ${end}`, ...found].join('\n  '))
    if (found.length > 0) failed++
  })
  console.log(`${runs.length - failed} of ${runs.length} as they should be`)
})
if (failed > 0) process.exitCode = 1

/** By a script of the package and the agent's name, and by Node.js itself and the agent's path. */
function waysToRun({ tool, isPnp }, place) {
  const cwd = join(place, 'packages/shop')
  return ['cjs', 'esm'].flatMap((script) => [
    // Before Yarn has said where packages are, Node.js finds none: there the flag stands in the script.
    isPnp
      ? { title: `the script ${script}`, cwd, tool, args: ['run', '<script>'], script, flagged: `${script}:flag` }
      : { title: `the script ${script}`, cwd, tool, args: ['run', script], options: `--import ${AGENT}` },
    {
      title: `${script} by path`,
      cwd,
      ...(isPnp ? { tool, args: ['node', program(script)] } : { args: [program(script)] }),
      options: `--import ${join(root, 'register.mjs')}`,
    },
  ])
}

function program(script) {
  return `shop.${script === 'cjs' ? 'cjs' : 'mjs'}`
}

/** What is not as it should be: lines to be said. */
async function compared({ node, cwd, tool, args, script, flagged, options, database }) {
  return owning(async (owner) => {
    const sink = await startSink(owner)
    const start = (as, more) => {
      const given = args.map((argument) => argument.replace('<script>', as))
      const env = { PATH: [dirname(node), process.env.PATH].join(delimiter), DATABASE_URL: database, ...more }
      return tool === 'npm' ? ran('npm', given, { cwd, env }) : ran(node, [...binary(tool), ...given], { cwd, env })
    }
    const bare = await start(script, {})
    const traced = await start(flagged ?? script, {
      ...(options === undefined ? {} : { NODE_OPTIONS: options }),
      OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
      // However busy the machine is, all is delivered at the end.
      AUTOSPAN_EXIT_TIMEOUT: '20000',
    })
    const drawn = drawTraces(await sink.settled())
    const said = traced.stderr.split('\n').filter((line) => line.startsWith('autospan: '))
    const rest = traced.stderr.split('\n').filter((line) => !line.startsWith('autospan: '))
    const found = []
    if (bare.code !== 0 || !bare.stdout.includes('{"item":"tea"}'))
      found.push(`without the agent it ended with ${bare.code}: ${bare.stdout}${bare.stderr}`)
    if (bare.code !== traced.code) found.push(`code ${bare.code} became ${traced.code}`)
    if (steady(bare.stdout) !== steady(traced.stdout)) found.push(`stdout ${bare.stdout} became ${traced.stdout}`)
    if (steady(bare.stderr) !== steady(rest.join('\n'))) found.push(`stderr ${bare.stderr} became ${traced.stderr}`)
    if (drawn !== SHOP) found.push(`traced was${drawn}`)
    if (said.length !== 1 || !/ traces shop;/.test(said[0])) found.push(...said, 'were said')
    return found
  })
}

/** Without the numbers of processes, and the flag that is in one of the scripts. */
function steady(text) {
  return text
    .replaceAll(/\(node:\d+\)/g, '(node)')
    .replaceAll(':flag', '')
    .replaceAll(` --import ${AGENT}`, '')
}

/** A workspace of two packages, outside of any other's. */
async function installed(owner, { tool, install, files = {} }, { packed, registry }) {
  const place = temporaryFolder(owner)
  cpSync(join(root, 'test/apps/workspace'), join(place, 'packages'), { recursive: true })
  const write = (path, text) => writeFileSync(join(place, path), text)
  for (const [path, text] of Object.entries(files)) write(path, text)
  write('package.json', JSON.stringify({ private: true, workspaces: ['packages/*'] }))
  const shop = JSON.parse(readFileSync(join(place, 'packages/shop/package.json'), 'utf8'))
  shop.dependencies.autospan = `file:${packed}`
  // npm knows no such protocol.
  if (tool === 'npm') shop.dependencies.stock = '*'
  write('packages/shop/package.json', JSON.stringify(shop))
  const env = {
    YARN_GLOBAL_FOLDER: join(folder, 'yarn'),
    YARN_ENABLE_IMMUTABLE_INSTALLS: 'false',
    YARN_NPM_REGISTRY_SERVER: registry,
    npm_config_store_dir: join(folder, 'pnpm'),
  }
  const options = { cwd: place, env }
  const outcome =
    tool === 'npm' ? ran('npm', install, options) : ran(process.execPath, [...binary(tool), ...install], options)
  const { code, stdout, stderr } = await outcome
  if (code !== 0) throw new Error(`${tool} could not install the workspace: ${stdout}${stderr}`)
  return place
}

function binary(tool) {
  return tool === undefined ? [] : [join(folder, tool)]
}

/** The agent as it is published. */
async function pack(owner) {
  const into = temporaryFolder(owner)
  const { code, stdout, stderr } = await ran(
    'npm',
    ['pack', '--ignore-scripts', '--silent', '--pack-destination', into],
    {
      cwd: root,
    },
  )
  if (code !== 0) throw new Error(`npm could not pack the agent: ${stderr}`)
  return join(into, stdout.trim())
}

function ran(command, args, { cwd, env } = {}) {
  const environment = { ...process.env, ...env }
  return new Promise((resolve) => {
    const settings = { cwd, env: environment, timeout: TIMEOUT_MILLIS, maxBuffer: 2 ** 24 }
    execFile(command, args, settings, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : (error.signal ?? error.code), stdout, stderr })
    })
  })
}
