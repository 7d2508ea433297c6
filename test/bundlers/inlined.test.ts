import assert from 'node:assert/strict'
import { cp, mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { autospan } from 'autospan/esbuild'
import { build } from 'esbuild'
import { INSTRUMENTATIONS } from '../../instrumentations/index.js'
import { temporaryFolder } from '../harness/folder.js'
import type { Owner } from '../harness/owner.js'
import { root, run, start } from '../harness/program.js'
import { bundle } from './bundle.js'

const quiet = { OTEL_TRACES_EXPORTER: 'none', DATABASE_URL: 'postgres://127.0.0.1:1/none' }

for (const [format, minify] of [
  ['cjs', false],
  ['esm', true],
] as const) {
  test(`one line tells what is inlined in a ${minify ? 'minified ' : ''}bundle: ${format}`, async (t) => {
    const app = await bundle(t, 'bundled/shop.mjs', { format, minify })
    assert.deepEqual(await saidOf(t, app), [
      `autospan: express, pg, pino cannot be traced within ${app}: bundle with a plugin of autospan, see docs/bundles.md`,
    ])
  })
}

test('a bundle is found also when the program is started by its folder, or without its extension', async (t) => {
  const app = await bundle(t, 'bundled/shop.mjs', { format: 'cjs', minify: true })
  const index = join(app, '../index.js')
  await rename(app, index)
  for (const entry of [join(app, '..'), index.replace('.js', '')]) {
    const [line = ''] = await saidOf(t, entry)
    assert.ok(line.includes(` within ${index}: `), line)
  }
})

test('nothing is said of a library that is not traced anyway', async (t) => {
  const app = await bundle(t, 'bundled/shop.mjs', { format: 'cjs' })
  const [line = ''] = await saidOf(t, app, { OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'pg,pino' })
  assert.match(line, /^autospan: express cannot be traced within /)
})

test('nothing is said of a bundle that was made with the plugin, nor of a program that is none', async (t) => {
  const app = await bundle(t, 'bundled/shop.mjs', { format: 'esm', plugins: [autospan()] })
  assert.deepEqual(await saidOf(t, app), [])
  assert.deepEqual(await saidOf(t, 'bundled/shop.mjs'), [])
  const large = join(temporaryFolder(t), 'large.mjs')
  await writeFile(large, `console.log((await fetch('data:,ran')).status)\n${'// A long file.\n'.repeat(10_000)}`)
  const { stdout, stderr } = await run(large, { env: quiet })
  assert.deepEqual([stdout, stderr.split('\n').length], ['200\n', 2])
})

for (const place of ['chunks/1.js', 'app/api/items/route.js']) {
  test(`one line tells what Next.js has put into .next/server/${place}`, async (t) => {
    const project = temporaryFolder(t)
    const file = join(project, '.next/server', place)
    await mkdir(join(file, '..'), { recursive: true })
    await writeFile(file, 'throw Error("Client has already been connected. You cannot reuse a client.")')
    const entry = join(project, 'server.js')
    await cp(join(root, 'test/apps/bundled/next.cjs'), entry)
    assert.deepEqual(await saidOf(t, entry), [
      `autospan: pg cannot be traced within ${project}/.next/server: name them in serverExternalPackages, see docs/bundles.md`,
    ])
    await writeFile(file, 'globalThis[Symbol.for("autospan.bundled")]')
    assert.deepEqual(await saidOf(t, entry), [])
  })
}

for (const [framework, start, entry, built, chunks] of [
  ['Nitro', '.output/server/index.mjs', '.output/server/index.mjs', '.output/server/chunks', ['routes/api/items.mjs']],
  ['SvelteKit', 'build', 'build/index.js', 'build/server', ['chunks/shared.js', 'entries/endpoints/_server.js']],
  ['Astro', 'dist/server/entry.mjs', 'dist/server/entry.mjs', 'dist/server/chunks', ['items_B6vqGq1X.mjs']],
] as const) {
  test(`one line tells what is inlined in the chunks of a build of ${framework}, and not what is left out of it`, async (t) => {
    const project = temporaryFolder(t)
    const write = async (path: string, text: string) => {
      await mkdir(join(project, path, '..'), { recursive: true })
      await writeFile(join(project, path), text)
    }
    const server = pathToFileURL(join(root, 'test/apps/bundled/next.cjs'))
    await write(entry, `import(${JSON.stringify(server)})`)
    await write(join(built, 'node_modules/koa/index.js'), 'throw TypeError("middleware must be a function!")')
    for (const chunk of chunks) await write(join(built, chunk), 'export const answer = 42')
    assert.deepEqual(await saidOf(t, join(project, start)), [])
    const last = join(built, chunks.at(-1) ?? '')
    await write(last, 'throw Error("Client has already been connected. You cannot reuse a client.")')
    assert.deepEqual(await saidOf(t, join(project, start)), [
      `autospan: pg cannot be traced within ${project}/${built}: leave them out of the build, see docs/bundles.md`,
    ])
    await write(last, 'globalThis[Symbol.for("autospan.bundled")]')
    assert.deepEqual(await saidOf(t, join(project, start)), [])
  })
}

for (const { modules = [] } of INSTRUMENTATIONS) {
  for (const { module, telltale } of modules) {
    if (telltale === undefined) continue
    test(`${module} is recognised when it has been minified, and is not taken for another`, async () => {
      const { outputFiles } = await build({
        stdin: { contents: `require(${JSON.stringify(module)})`, resolveDir: root },
        bundle: true,
        minify: true,
        platform: 'node',
        external: ['pg-native'],
        write: false,
        logLevel: 'error',
      })
      const text = outputFiles[0]?.text ?? ''
      const found = INSTRUMENTATIONS.flatMap(({ modules = [] }) =>
        modules.filter(({ telltale }) => telltale !== undefined && text.includes(telltale)).map(({ module }) => module),
      )
      assert.deepEqual(found, [module])
    })
  }
}

/** What the agent says of a server beyond its start-up line. */
async function saidOf(t: Owner, app: string, env: Record<string, string> = {}): Promise<string[]> {
  const server = await start(t, app, { env: { ...quiet, ...env } })
  // What is read meanwhile keeps the process alive until it has been told.
  const { stderr } = await server.stop()
  return stderr.split('\n').filter((line) => line.startsWith('autospan: ') && !line.includes('hooked: '))
}
