import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { hearsImports } from '../../src/hooks/es-modules.js'
import { hookModules, type LoadedModule } from '../../src/hooks/modules.js'
import { temporaryFolder } from '../harness/folder.js'
import { file } from '../harness/owner.js'

// Programs show what becomes of libraries; here are kinds of modules that no instrumentation has yet.

const folder = temporaryFolder(file)

const heard: LoadedModule[] = []
hookModules(['live', 'replaced', 'broken'], (loaded) => {
  heard.push(loaded)
  if (loaded.name === 'broken') throw new Error('a fault of ours')
  return loaded.name === 'replaced' ? { named: 'replacement' } : undefined
})
const app = join(folder, 'app.mjs')

test('an ES module is heard of, and keeps names, live bindings and identity', {
  skip: !hearsImports && 'not heard of on this line',
}, async () => {
  await writePackage('live', 'module', {
    'index.js': `import './other.js'\nexport let count = 0\nexport const add = () => count++\nexport * from './other.js'\nexport default class Live {} // end`,
    'other.js': `import * as self from './index.js'\nexport const me = () => self`,
  })
  await writeFile(app, `export * as live from 'live'`)
  const { live } = await import(pathToFileURL(app).href)
  assert.deepEqual(Object.keys(live), ['add', 'count', 'default', 'me'])
  live.add()
  assert.equal(live.count, 1)
  assert.equal(live.me(), live)
  assert.deepEqual(
    heard.map(({ name, version, isLate }) => [name, version, isLate]),
    [['live', '1.2.3', false]],
  )
  assert.equal(heard[0]?.exports, live)
})

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

test('a listener that throws leaves the module as it is', async () => {
  await writePackage('broken', 'commonjs', { 'index.js': `exports.named = 'original'` })
  assert.deepEqual(createRequire(app)('broken'), { named: 'original' })
})

async function writePackage(name: string, type: string, files: Record<string, string>): Promise<void> {
  const path = join(folder, 'node_modules', name)
  await mkdir(path, { recursive: true })
  await writeFile(join(path, 'package.json'), JSON.stringify({ name, version: '1.2.3', type, exports: './index.js' }))
  for (const [file, source] of Object.entries(files)) await writeFile(join(path, file), source)
}
