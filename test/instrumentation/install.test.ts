import assert from 'node:assert/strict'
import { channel } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { installInstrumentations } from '../../src/instrumentation/install.js'
import type { Instrumentation } from '../../src/instrumentation/instrumentation.js'
import { Kit } from '../../src/instrumentation/kit.js'
import { temporaryFolder } from '../harness/folder.js'

// Programs are where instrumentations are tested; here is what none of them shows.

const require = createRequire(import.meta.url)

test('a module that is both imported and required is patched once', async () => {
  // koa has an entry for each; winston's exports have a property `default` that is another object at each look.
  for (const module of ['koa', 'winston']) {
    let patched = 0
    install({ modules: [{ module, patch: () => void patched++ }] })
    const { default: imported } = await import(module)
    assert.equal(require(module), imported)
    assert.equal(patched, 1, module)
  }
})

test('listeners hear of their channels, and of tested versions only', () => {
  const heard: unknown[] = []
  install({
    channels: [
      {
        module: 'library',
        versions: '>=2 <3',
        version: ({ version }) => version,
        listeners: () => ({ 'test:versions': ({ version }) => void heard.push(version) }),
      },
      { module: 'other', versions: '>=2', listeners: () => ({ 'test:versions': () => void heard.push('any') }) },
    ],
  })
  for (const version of ['1.9.9', '2.0.0', '2.9.0', '3.0.0']) channel('test:versions').publish({ version })
  assert.deepEqual(heard, ['any', '2.0.0', 'any', '2.9.0', 'any', 'any'])
})

test('a listener that throws is no trouble to who publishes, and is given up when it does not stop', () => {
  let calls = 0
  const fail = (): void => {
    calls++
    throw new Error('a fault of ours')
  }
  install({ channels: [{ module: 'library', listeners: () => ({ 'test:failing': fail }) }] })
  for (let i = 0; i < 20; i++) channel('test:failing').publish({})
  assert.equal(calls, 10)
})

test('a library of ES modules is found when it calls, each copy once, in tested versions only', async (t) => {
  const folder = temporaryFolder(t)
  const copies = { old: '1.9.9', empty: '2.0.0', tested: '2.1.0', strange: '2.2.0', other: '2.3.0' }
  const makers = []
  for (const [place, version] of Object.entries(copies)) {
    const name = place === 'strange' ? 'stranger' : 'library'
    const home = join(folder, place, 'node_modules', name)
    mkdirSync(home, { recursive: true })
    writeFileSync(join(home, 'package.json'), JSON.stringify({ name, version, type: 'module' }))
    const thing = place === 'empty' ? 'export {}' : `export class Thing { static version = '${version}' }`
    writeFileSync(join(home, 'thing.js'), thing)
    writeFileSync(
      join(home, 'index.js'),
      `import { channel } from 'node:diagnostics_channel'; export * from './thing.js'; export const make = () => channel('test:made').publish({})`,
    )
    makers.push((await import(pathToFileURL(join(home, 'index.js')).href)).make)
  }
  const patched: string[] = []
  const found = once(process, 'found')
  install({
    modules: [
      {
        module: 'library/thing.js',
        versions: '>=2 <3',
        asEsModule: { channels: ['test:made'], caller: '/library/' },
        patch: ({ Thing }, _kit, version) => {
          assert.equal(Thing.version, version)
          patched.push(Thing.version)
          if (version === copies.other) process.emit('found' as never)
        },
      },
    ],
  })
  for (const make of [...makers, ...makers]) make()
  await found
  assert.deepEqual(patched, [copies.tested, copies.other])
})

test('an instrumentation that cannot be started leaves the others alone', () => {
  let started = false
  const broken = (): never => {
    throw new Error('a fault of ours')
  }
  install(
    { modules: [{ module: 'http', patch: broken }] },
    { channels: [{ module: 'library', listeners: broken }] },
    {
      channels: [
        {
          module: 'library',
          listeners: () => {
            started = true
            return {}
          },
        },
      ],
    },
  )
  assert.equal(started, true)
})

function install(...parts: Omit<Instrumentation, 'name' | 'about'>[]): void {
  const instrumentations = parts.map((part, i) => ({ name: `test ${i}`, about: 'a test', ...part }))
  installInstrumentations(instrumentations, (name) => new Kit(name, undefined as never, undefined as never))
}
