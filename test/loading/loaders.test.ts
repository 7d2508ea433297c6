import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { drawTraces, trace } from '../harness/draw.js'
import { file } from '../harness/owner.js'
import { startWire } from '../harness/postgres-wire.js'
import { type Outcome, root, run } from '../harness/program.js'
import { startSink } from '../harness/sink.js'
import { compare, projectWith } from './compare.js'

const project = await projectWith(file, 'node_modules/express')
const wire = await startWire(file)
const agent = ['--import', pathToFileURL(join(root, 'register.mjs')).href]

/** Hooks that pass all on, and such as tools have that compile: these read the sources themselves. */
const LOADERS = {
  'passes on': 'export const load = (url, context, next) => next(url, context)',
  'hands sources over': `
    import { readFileSync } from 'node:fs'
    import { fileURLToPath } from 'node:url'

    const read = (url, loaded) =>
      loaded.format === 'commonjs' && loaded.source == null && url.startsWith('file:')
        ? { ...loaded, source: readFileSync(fileURLToPath(url)) }
        : loaded

    export const load = (url, context, next) => {
      const loaded = next(url, context)
      return loaded instanceof Promise ? loaded.then((loaded) => read(url, loaded)) : read(url, loaded)
    }`,
}

/** How they come into a process. */
const WAYS = {
  'module.register': (loader: string) =>
    flagFor(`import { register } from 'node:module'; register(${JSON.stringify(loader)})`),
  'module.registerHooks': (loader: string) =>
    flagFor(
      `import * as nodeModule from 'node:module'; import * as loader from ${JSON.stringify(loader)}; nodeModule.registerHooks?.(loader)`,
    ),
  '--experimental-loader': (loader: string) => ['--experimental-loader', loader],
}

for (const [kind, source] of Object.entries(LOADERS)) {
  const path = join(project, `${kind.replaceAll(' ', '-')}.mjs`)
  await writeFile(path, source)
  const loader = pathToFileURL(path).href
  for (const [way, flags] of Object.entries(WAYS)) {
    const own = flags(loader)
    let bare: Promise<Outcome> | undefined

    for (const order of ['before', 'after']) {
      const nodeFlags = order === 'before' ? [...own, ...agent] : [...agent, ...own]

      if (kind === 'passes on') {
        test(`${way}, ${order} the agent: a loader that ${kind} changes nothing`, async (t) => {
          const options = { nodeFlags, bareFlags: own, isDeprecated: true, agent: false }
          await compare(t, join(project, 'default.mjs'), options)
        })
      }

      test(`${way}, ${order} the agent: pg by a loader that ${kind} is traced`, async (t) => {
        const app = join(project, 'query.mjs')
        bare ??= run(app, { nodeFlags: own, agent: false, env: { DATABASE_URL: wire } })
        const { stdout, code, stderr } = await bare
        assert.equal(code, 0, stderr)
        const sink = await startSink(t)
        const env = { DATABASE_URL: wire, ...sink.env, OTEL_LOG_LEVEL: 'warn' }
        const traced = await run(app, { nodeFlags, agent: false, env })
        assert.deepEqual([traced.code, traced.stdout], [0, stdout], traced.stderr)
        const spans = await sink.settled()
        assert.equal(
          drawTraces(spans),
          trace`
            SELECT CLIENT

            SELECT CLIENT

            SELECT CLIENT
          `,
        )
        assert.doesNotMatch(traced.stderr, /^autospan: /m)
      })
    }
  }
}

function flagFor(source: string): string[] {
  return ['--import', `data:text/javascript,${encodeURIComponent(source)}`]
}
