import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { hookModules, type LoadedModule } from '../../src/hooks/modules.js'
import { temporaryFolder } from '../harness/folder.js'
import { file } from '../harness/owner.js'

// Programs show what becomes of libraries; here are kinds of modules that no instrumentation has yet.

const folder = temporaryFolder(file)

const heard: LoadedModule[] = []
hookModules(['replaced', 'replaced-too', 'broken', 'circular'], (loaded) => {
  heard.push(loaded)
  if (loaded.name === 'circular') void (loaded.exports as { readonly default?: unknown }).default
  if (loaded.name === 'broken') throw new Error('a fault of ours')
  return loaded.name.startsWith('replaced') ? { named: 'replacement' } : undefined
})
const app = join(folder, 'app.mjs')

test('a CommonJS module may be replaced for those that require it; each evaluation is told', async () => {
  await writePackage('replaced', 'commonjs', { 'index.js': `exports.named = 'original'` })
  const require = createRequire(app)
  const first = require('replaced')
  assert.equal(first.named, 'replacement')
  assert.equal(require('replaced'), first)
  delete require.cache[require.resolve('replaced')]
  assert.notEqual(require('replaced'), first)
  assert.equal(heard.filter(({ name }) => name === 'replaced').length, 2)
})

test('a CommonJS module may be replaced for those that import it, too', async () => {
  const path = await writePackage('replaced-too', 'commonjs', { 'index.js': `exports.named = 'original'` })
  const all = await import(pathToFileURL(join(path, 'index.js')).href)
  assert.deepEqual([all.named, all.default], ['replacement', { named: 'replacement' }])
})

test('a listener that throws leaves the module as it is', async () => {
  await writePackage('broken', 'commonjs', { 'index.js': `exports.named = 'original'` })
  assert.deepEqual(createRequire(app)('broken'), { named: 'original' })
})

test('nobody is warned of a look at what has been required in a circle', async () => {
  const files = { 'index.js': `exports.part = require('./part')`, 'part.js': `exports.whole = require('./index')` }
  await writePackage('circular', 'commonjs', files)
  const warnings: Error[] = []
  const listener = (warning: Error) => warnings.push(warning)
  process.on('warning', listener)
  const exports = createRequire(app)('circular')
  // A warning is told in the next turn.
  await new Promise(setImmediate)
  process.off('warning', listener)
  assert.equal(heard.at(-1)?.name, 'circular')
  assert.deepEqual(warnings, [])
  assert.deepEqual([exports.part.whole === exports, Object.getPrototypeOf(exports) === Object.prototype], [true, true])
})

async function writePackage(name: string, type: string, files: Record<string, string>): Promise<string> {
  const path = join(folder, 'node_modules', name)
  await mkdir(path, { recursive: true })
  await writeFile(join(path, 'package.json'), JSON.stringify({ name, version: '1.2.3', type, exports: './index.js' }))
  for (const [file, source] of Object.entries(files)) await writeFile(join(path, file), source)
  return path
}
