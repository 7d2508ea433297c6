import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { temporaryFolder } from '../harness/folder.js'
import type { Owner } from '../harness/owner.js'
import { type Outcome, run, told } from '../harness/program.js'

/** What makes the agent look at the sources of all ES modules that come after it: one that it hooks. */
const HOOKED = `{ "name": "koa", "version": "3.0.0", "type": "module", "exports": "./index.js" }`
const hooked = (files: Readonly<Record<string, string>>): Record<string, string> => ({
  'node_modules/koa/package.json': HOOKED,
  ...Object.fromEntries(Object.entries(files).map(([name, source]) => [`node_modules/koa/${name}`, source])),
})
const PRINT = `console.log(Object.entries(all).map(([k, v]) => k + '=' + (typeof v === 'function' ? v.name : v)).join())`

/** Programs whose hooked module, or another, is of a shape that loaders have broken before. */
const SHAPES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'a name that two modules export, and one of them by name': {
    ...hooked({
      'index.js': `export * from './x.js'; export { V } from './v.js'; export default class { emit() {} createContext() {} }`,
      'x.js': `export const V = 'of x', W = 1`,
      'v.js': `export const V = 'of v'`,
    }),
    'app.mjs': `import * as all from 'koa'; ${PRINT}`,
  },
  'a name that two modules export by star': {
    ...hooked({
      'index.js': `export * from './a.js'; export * from './b.js'; export * from './c.js'`,
      'a.js': `export const one = 1, twice = 'a'`,
      'b.js': `export * from './a.js'; export const two = 2`,
      'c.js': `export const twice = 'c'`,
    }),
    'app.mjs': `import * as all from 'koa'; ${PRINT}`,
  },
  'a cycle with hoisted functions, stars and a top-level await': {
    ...hooked({
      'index.js': `import { fromOther } from './other.js'; export * from './other.js'; export function hoisted() { return 'hoisted' } export let live = 1; live++; export const seen = fromOther; await 0; live++`,
      'other.js': `import { hoisted } from './index.js'; export * from './index.js'; export const fromOther = hoisted()`,
    }),
    'app.mjs': `import * as all from 'koa'; ${PRINT}`,
  },
  'a throw in the hooked module, and in one that it imports': {
    ...hooked({ 'index.js': `import './fails.js'`, 'fails.js': `throw new RangeError('at its evaluation')` }),
    'app.mjs': `try { await import('koa') } catch (error) { console.log(String(error)) }; try { await import('koa') } catch (error) { console.log(String(error)) }`,
  },
  'a source without an end of line, with a comment, a hashbang and strings that look like code': {
    ...hooked({ 'index.js': "#!/usr/bin/env node\nexport default `${'`'}`; export const a = /[/]`/.source // no end" }),
    'app.mjs': `import * as all from 'koa'; ${PRINT}`,
  },
  'a name of CommonJS that no identifier has': {
    ...hooked({ 'index.js': 'export default 1' }),
    'node_modules/electron/package.json': `{ "name": "electron", "version": "1.0.0" }`,
    'node_modules/electron/index.js': `exports['electron-machine-id'] = 'x'; exports['default'] = 'y'; exports.__esModule = true`,
    'app.mjs': `import 'koa'; import * as all from 'electron'; ${PRINT}`,
  },
  'a CommonJS module in a cycle, which sees what has been exported by then': {
    'node_modules/koa/package.json': `{ "name": "koa", "version": "99.0.0" }`,
    'node_modules/koa/index.js': `exports.first = 1; exports.seen = require('./other').seen; module.exports = { ...exports, last: 2 }; console.log(module.loaded)`,
    'node_modules/koa/other.js': `const koa = require('./index'); exports.seen = Object.keys(koa).join()`,
    'app.cjs': `console.log(JSON.stringify(require('koa')))`,
  },
  'a CommonJS module that throws when it is first evaluated': {
    'node_modules/koa/package.json': `{ "name": "koa", "version": "99.0.0" }`,
    'node_modules/koa/index.js': `exports.times = globalThis.times = (globalThis.times ?? 0) + 1; if (globalThis.times === 1) throw new RangeError('not yet')`,
    'app.cjs': `try { require('koa') } catch (error) { console.log(String(error)) }; console.log(require('koa'))`,
  },
  'a CommonJS module that makes its exports an accessor': {
    'node_modules/koa/package.json': `{ "name": "koa", "version": "99.0.0" }`,
    'node_modules/koa/index.js': `Object.defineProperty(module, 'exports', { get: () => ({ made: 'anew' }), enumerable: true })`,
    'app.cjs': `console.log(require('koa'), require('koa') === require('koa'))`,
  },
  'module objects, as programs find them': {
    'node_modules/koa/package.json': `{ "name": "koa", "version": "99.0.0" }`,
    'node_modules/koa/index.js': `exports.koa = true`,
    'app.cjs': `
      require('koa')
      const flags = (object) => Object.entries(Object.getOwnPropertyDescriptors(object)).map(([name, { value, writable, enumerable, configurable }]) => [name, typeof value, writable, enumerable, configurable].join())
      console.log([module, require.cache[require.resolve('koa')], new module.constructor('x')].map(flags))`,
  },
  'exports that are frozen': {
    'node_modules/koa/package.json': `{ "name": "koa", "version": "2.0.0" }`,
    'node_modules/koa/index.js': `class Koa { emit() {} createContext() {} } Object.freeze(Koa.prototype); module.exports = Object.freeze(Koa)`,
    'app.cjs': `const Koa = require('koa'); console.log(Koa.name, Object.getOwnPropertyNames(Koa.prototype).join(), Object.isFrozen(Koa.prototype))`,
  },
  'exports behind getters': {
    'node_modules/pg/package.json': `{ "name": "pg", "version": "8.11.0" }`,
    'node_modules/pg/index.js': `Object.defineProperty(exports, 'Client', { get() { throw new Error('not today') }, enumerable: true })`,
    'app.cjs': `console.log(Object.keys(require('pg')).join())`,
  },
  'exports that are not there': {
    'node_modules/pg/package.json': `{ "name": "pg", "version": "8.11.0" }`,
    'node_modules/pg/index.js': `module.exports = { mine: true }`,
    'app.cjs': `console.log(JSON.stringify(require('pg')))`,
  },
}

/** The agent cannot patch them, which it says in one line. */
const LEFT = /^autospan: koa 99\.0\.0 is left alone: tested are /
const SAID: Readonly<Record<string, RegExp>> = {
  'a CommonJS module in a cycle, which sees what has been exported by then': LEFT,
  'a CommonJS module that throws when it is first evaluated': LEFT,
  'module objects, as programs find them': LEFT,
  'exports that are frozen': /^autospan: koa could not be patched and is left as it is: /,
  'exports behind getters': /^autospan: pg could not be patched and is left as it is: .*not today/,
  'exports that are not there': /^autospan: pg could not be patched and is left as it is: /,
}

for (const [shape, files] of Object.entries(SHAPES)) {
  test(`as without the agent: ${shape}`, async (t) => {
    const folder = await write(t, files)
    const app = join(folder, 'app.mjs' in files ? 'app.mjs' : 'app.cjs')
    const traced = await compareBare(app)
    const said = SAID[shape]
    if (said === undefined) return
    const lines = traced.stderr.split('\n').filter((line) => line !== '')
    assert.equal(lines.length, 1, traced.stderr)
    assert.match(String(lines[0]), said)
  })
}

for (const extension of ['cjs', 'mjs']) {
  test(`1,000 modules in cycles are evaluated as without the agent: .${extension}`, async (t) => {
    const folder = await write(t, { ...hooked({ 'index.js': 'export default 1' }), ...treeOf(extension, 1000) })
    const traced = await compareBare(join(folder, `m0.${extension}`))
    assert.equal(traced.stdout.split('\n').length, 1001)
  })
}

async function compareBare(app: string): Promise<Outcome> {
  const env = { OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none', OTEL_LOG_LEVEL: 'warn' }
  const [bare, traced] = [await run(app, { agent: false }), await run(app, { env })]
  assert.deepEqual([traced.stdout, traced.code], [bare.stdout, bare.code], told(traced))
  assert.notEqual(bare.stdout, '', told(bare))
  return traced
}

async function write(owner: Owner, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = temporaryFolder(owner)
  await mkdir(join(folder, 'node_modules/koa'), { recursive: true })
  for (const [name, source] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), source)
  }
  return folder
}

/** Each module loads two others and its parent, and prints its number and what it sees of them. */
function treeOf(extension: string, count: number): Record<string, string> {
  const sources = Array.from({ length: count }, (_, i) => {
    const others = [2 * i + 1, 2 * i + 2, Math.floor((i - 1) / 2)].filter((other) => other > 0 && other < count)
    const loads =
      extension === 'cjs'
        ? others.map((o) => `const m${o} = require('./m${o}.cjs')`)
        : [...(i === 0 ? [`import 'koa'`] : []), ...others.map((o) => `import * as m${o} from './m${o}.mjs'`)]
    const seen = others.map((o) => (extension === 'cjs' ? `Object.keys(m${o}).join()` : `m${o}.value, m${o}.live`))
    const own = extension === 'cjs' ? `exports.value = ${i}` : `export var value = ${i}; export var live = 0; live++`
    const source = [...loads, own, `console.log([${i}, ${seen.join()}].join())`].join('\n')
    return [`m${i}.${extension}`, source]
  })
  return Object.fromEntries(sources)
}
