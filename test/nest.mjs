// node test/nest.mjs [major or binary of Node.js ...]: serves a shop by the oldest release of Nest that is traced, the last
// that is CommonJS and the newest, with each adapter that there is and from both kinds of modules, and compares what is
// told of its requests. The packages of test/nest come from npm and stay in .nest-sites. Needs the compiled tests.
import { cpSync, existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { owning } from '../dist/test/harness/owner.js'
import { binaries } from './node-lines.mjs'
import { installPackages } from './packages.mjs'
import { differences, requestsOf, serve } from './served.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const lists = join(root, 'test/nest')

/** What is asked for, and how the span of the request is told: its status and the error that it has recorded. */
const ERRORS = {
  '/things/7': [200, []],
  '/things/broken': [500, ['this thing is broken']],
  '/things/refused': [403, []],
  '/numbers/seven': [400, []],
  '/guarded': [500, ['the guard sleeps']],
  '/filtered': [503, ['in repair']],
  '/disliked': [418, []],
  '/entered': [500, ['no entry']],
}

const wanted = process.argv.length > 2 ? process.argv.slice(2) : [process.execPath]
const nodes = wanted.flatMap(binaries)
for (const release of readdirSync(lists)) {
  const site = join(root, '.nest-sites', release)
  await installPackages(join(lists, release, 'package.json'), site)
  cpSync(join(root, 'test/apps/nest'), site, { recursive: true })
  const adapters = ['express', 'fastify'].filter((name) =>
    existsSync(join(site, `node_modules/@nestjs/platform-${name}`)),
  )
  for (const { node, version } of nodes) {
    for (const main of ['main.cjs', 'main.mjs']) {
      for (const adapter of adapters) {
        const found = await owning((owner) => traced(owner, node, site, main, adapter))
        const outcome = found.length === 0 ? 'errors are told' : 'NOT AS IT SHOULD BE'
        console.log([`Node.js ${version}, Nest ${release}, ${adapter}, ${main}: ${outcome}`, ...found].join('\n  '))
        if (found.length > 0) process.exitCode = 1
      }
    }
  }
}

/** What is not as it should be: lines to be said. */
async function traced(owner, node, site, main, PLATFORM) {
  const settings = { cwd: site, env: { PATH: process.env.PATH, PLATFORM } }
  const { said, spans } = await serve(owner, node, [main], settings, Object.keys(ERRORS))
  const found = differences(requestsOf(spans), ERRORS, ({ attributes, events }) => [
    attributes['http.response.status_code'],
    // A slow machine may take its time for an answer, and a span tells of its first byte then.
    events.filter(({ name }) => name === 'exception').map((event) => event.attributes['exception.message']),
  ])
  return [...said, ...found]
}
