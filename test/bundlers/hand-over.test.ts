import assert from 'node:assert/strict'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { CANDIDATES, withHandOver } from '../../src/bundlers/hand-over.js'
import { temporaryFolder } from '../harness/folder.js'
import { file } from '../harness/owner.js'

const CJS = 'module.exports = class {}'
const ESM = 'export default class {}'
const root = temporaryFolder(file)
let projects = 0

interface Layout {
  readonly package: string
  readonly manifest: object
  readonly files: Readonly<Record<string, string>>
  /** Where the package really is, when node_modules has a link to it. */
  readonly store?: string
}

/** Installs a made-up package. @returns the folder by which it is found */
async function install({ package: name, manifest, files, store }: Layout): Promise<string> {
  const project = join(root, String(projects++))
  const linked = join(project, 'node_modules', name)
  const folder = store === undefined ? linked : join(project, store)
  for (const [path, text] of Object.entries({ 'package.json': JSON.stringify({ name, ...manifest }), ...files })) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  if (store === undefined) return linked
  await mkdir(dirname(linked), { recursive: true })
  await symlink(folder, linked)
  return linked
}

const CASES: [string, Layout, Readonly<Record<string, 'replaced' | 'patched' | 'left'>>][] = [
  [
    'main without an extension',
    {
      package: 'koa',
      manifest: { version: '3.0.0', main: './lib' },
      files: { 'lib/index.js': CJS, 'lib/other.js': CJS },
    },
    { 'lib/index.js': 'replaced', 'lib/other.js': 'left' },
  ],
  [
    'no main at all',
    { package: 'koa', manifest: { version: '3.0.0' }, files: { 'index.js': CJS } },
    { 'index.js': 'replaced' },
  ],
  [
    'a face for import of what is there for require',
    {
      package: 'koa',
      manifest: {
        version: '3.0.0',
        exports: { '.': { require: './lib/koa.js', import: './esm/koa.mjs' }, './package.json': './package.json' },
      },
      files: { 'lib/koa.js': CJS, 'esm/koa.mjs': `import koa from '../lib/koa.js'\nexport default koa` },
    },
    { 'lib/koa.js': 'replaced', 'esm/koa.mjs': 'left' },
  ],
  [
    'two modules of their own, for import and for require',
    {
      package: '@opentelemetry/api',
      manifest: { version: '1.9.0', main: 'build/index.js', module: 'build/esm/index.js' },
      files: { 'build/index.js': CJS, 'build/esm/index.js': ESM },
    },
    { 'build/index.js': 'replaced', 'build/esm/index.js': 'patched' },
  ],
  [
    'ES modules alone, under nested conditions',
    {
      package: 'koa',
      manifest: { version: '4.0.0', type: 'module', exports: { node: { import: './koa.js' } } },
      files: { 'koa.js': ESM },
    },
    { 'koa.js': 'patched' },
  ],
  [
    'a store with links to it',
    {
      package: 'pg',
      manifest: { version: '8.0.3', main: 'lib/index.js' },
      files: { 'lib/index.js': CJS },
      store: 'node_modules/.pnpm/pg@8.0.3/node_modules/pg',
    },
    { 'lib/index.js': 'replaced' },
  ],
  [
    'a package of another name within',
    {
      package: 'express',
      manifest: { version: '5.0.0' },
      files: { 'index.js': CJS, 'node_modules/depd/index.js': CJS, 'node_modules/depd/package.json': '{}' },
    },
    { 'index.js': 'replaced', 'node_modules/depd/index.js': 'left' },
  ],
  [
    'a manifest that cannot be read',
    { package: 'koa', manifest: {}, files: { 'index.js': CJS, 'package.json': '{' } },
    { 'index.js': 'left' },
  ],
]

for (const [title, layout, expected] of CASES) {
  test(`${title}: what a bundle gets of ${layout.package}`, async () => {
    const folder = await install(layout)
    for (const [path, what] of Object.entries(expected)) {
      const code = layout.files[path] ?? ''
      const added = withHandOver(join(folder, path), code) ?? ''
      if (what === 'left') {
        assert.equal(added, '', path)
        continue
      }
      assert.ok(added.startsWith(`${code}\n`), `${path}: ${added}`)
      assert.equal(added.includes('module.exports = globalThis'), what === 'replaced', path)
      assert.ok(added.includes(`${JSON.stringify(layout.package)}, "`), path)
    }
  })
}

test('files of packages that are not patched, and of the program, are no candidates', () => {
  for (const path of ['/app/koa/index.js', '/app/node_modules/koa2/index.js', '/app/node_modules/koa/index.css']) {
    assert.equal(CANDIDATES.test(path), false, path)
    assert.equal(withHandOver(path, CJS), undefined, path)
  }
  for (const path of [
    '/app/node_modules/koa/index.js',
    'C:\\app\\node_modules\\@opentelemetry\\api\\build\\index.cjs',
  ]) {
    assert.equal(CANDIDATES.test(path), true, path)
  }
  assert.equal(withHandOver('\0/app/node_modules/koa/index.js?commonjs-proxy', CJS), undefined)
})
