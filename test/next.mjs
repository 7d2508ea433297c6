// node test/next.mjs [major or binary of Node.js ...]: builds a site by the oldest and the newest release of Next.js that
// are traced, serves it with the agent, and compares the routes of its requests. The packages of test/next come from npm
// and stay in .next-sites. Needs the compiled tests.
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { owning } from '../dist/test/harness/owner.js'
import { binaries } from './node-lines.mjs'
import { installPackages } from './packages.mjs'
import { differences, requestsOf, serve } from './served.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const lists = join(root, 'test/next')
const TIMEOUT_MILLIS = 120_000
const NEXT = 'node_modules/next/dist/bin/next'
const env = { PATH: process.env.PATH, HOME: process.env.HOME, NEXT_TELEMETRY_DISABLED: '1' }

/** What is asked for, and how the span of the request is told: its name, route and status. */
const ROUTES = {
  '/shop/7': ['GET /shop/[id]', '/shop/[id]', 200],
  '/api/items/7': ['GET /api/items/[id]', '/api/items/[id]', 200],
  '/api/items/broken': ['GET /api/items/[id]', '/api/items/[id]', 500],
  '/old/news': ['GET /old/[slug]', '/old/[slug]', 200],
  '/api/things/7': ['GET /api/things/[id]', '/api/things/[id]', 200],
  '/nowhere': ['GET', undefined, 404],
}

const wanted = process.argv.length > 2 ? process.argv.slice(2) : [process.execPath]
const nodes = wanted.flatMap(binaries)
const stock = createServer((_request, response) => response.end())
await once(stock.listen(0, '127.0.0.1'), 'listening')
for (const release of readdirSync(lists)) {
  const site = join(root, '.next-sites', release)
  await installPackages(join(lists, release, 'package.json'), site)
  await build(site)
  for (const { node, version } of nodes) {
    const found = await owning((owner) => traced(owner, node, site))
    const outcome = found.length === 0 ? 'routes are told' : 'NOT AS IT SHOULD BE'
    console.log([`Node.js ${version}, Next.js ${release}: ${outcome}`, ...found].join('\n  '))
    if (found.length > 0) process.exitCode = 1
  }
}
stock.close()

async function build(site) {
  for (const part of ['app', 'pages', '.next']) rmSync(join(site, part), { recursive: true, force: true })
  cpSync(join(root, 'test/apps/next'), site, { recursive: true })
  await promisify(execFile)(process.execPath, [NEXT, 'build'], { cwd: site, env, timeout: TIMEOUT_MILLIS })
}

/** What is not as it should be: lines to be said. */
async function traced(owner, node, site) {
  const settings = { cwd: site, env: { ...env, STOCK: `http://127.0.0.1:${stock.address().port}` } }
  const { said, spans } = await serve(owner, node, [NEXT, 'start', '--port', '0'], settings, Object.keys(ROUTES))
  const requests = requestsOf(spans)
  const found = differences(requests, ROUTES, ({ name, attributes }) => [
    name,
    attributes['http.route'],
    attributes['http.response.status_code'],
  ])
  const calls = spans.filter(({ scope }) => scope.name === 'autospan/undici').map(({ traceId }) => traceId)
  const page = requests.find(({ name }) => name === 'GET /shop/[id]')
  if (calls.join() !== page?.traceId) found.push(`calls in the traces ${calls}, of the page in ${page?.traceId}`)
  return [...said, ...found]
}
