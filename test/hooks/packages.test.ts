import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { HookedPackages } from '../../src/hooks/packages.js'
import { temporaryFolder } from '../harness/folder.js'
import { file } from '../harness/owner.js'

const folder = temporaryFolder(file)
const CONDITIONS = {
  '.': { node: { import: './face.mjs', require: './lib/main.cjs' }, default: './other.js' },
  './sub': './sub.js',
}

/** A package's folder and package.json, a file in it, and what that is known as. */
const CASES: Readonly<Record<string, readonly [string, string, string, string | undefined]>> = {
  'index.js without more': ['node_modules/shop', '{}', 'index.js', 'shop'],
  'another file': ['node_modules/shop', '{}', 'other.js', undefined],
  main: ['node_modules/shop', '{ "main": "./lib/main" }', 'lib/main.js', 'shop'],
  'index.js where main is another': ['node_modules/shop', '{ "main": "./lib/main.js" }', 'index.js', undefined],
  'a folder as main': ['node_modules/shop', '{ "main": "lib" }', 'lib/index.js', 'shop'],
  'exports before main': ['node_modules/shop', '{ "main": "a.js", "exports": "./b.js" }', 'b.js', 'shop'],
  'main where exports are another': ['node_modules/shop', '{ "main": "a.js", "exports": "./b.js" }', 'a.js', undefined],
  'a condition in a condition': ['node_modules/shop', JSON.stringify({ exports: CONDITIONS }), 'lib/main.cjs', 'shop'],
  'the last condition': ['node_modules/shop', JSON.stringify({ exports: CONDITIONS }), 'other.js', 'shop'],
  'a subpath': ['node_modules/shop', JSON.stringify({ exports: CONDITIONS }), 'sub.js', undefined],
  'a file that is hooked itself': ['node_modules/shop', '{}', 'lib/part.js', 'shop/lib/part.js'],
  'an own name for a fork': ['node_modules/shop', '{ "name": "fork-of-shop" }', 'index.js', 'shop'],
  'an alias': ['node_modules/old-shop', '{ "name": "shop" }', 'index.js', 'shop'],
  'a link from elsewhere': ['packages/shop', '{ "name": "shop" }', 'index.js', 'shop'],
  'a folder of that name elsewhere': ['packages/shop', '{ "name": "store" }', 'index.js', undefined],
  'a scope': ['node_modules/@town/shop', '{ "name": "@town/shop" }', 'index.js', '@town/shop'],
  'another scope': ['node_modules/@city/shop', '{ "name": "@city/shop" }', 'index.js', undefined],
  'the dependency of a dependency': ['node_modules/other/node_modules/shop', '{}', 'index.js', 'shop'],
  'a dependency of it': ['node_modules/shop/node_modules/other', '{ "name": "other" }', 'index.js', undefined],
  'no JSON': ['node_modules/shop', '{', 'index.js', undefined],
  'no object': ['node_modules/shop', 'null', 'index.js', undefined],
}

let count = 0
for (const [title, [place, manifest, name, expected]] of Object.entries(CASES)) {
  test(`the entry of a package: ${title}`, () => {
    const path = join(folder, String(count++), place)
    mkdirSync(dirname(join(path, name)), { recursive: true })
    writeFileSync(join(path, 'package.json'), manifest)
    const packages = new HookedPackages(['shop', 'shop/lib/part.js', '@town/shop'])
    assert.equal(packages.entryAt(join(path, name))?.name, expected)
  })
}

test('a package.json without a name only says of what type the files around are', () => {
  const path = join(folder, 'typed/node_modules/shop')
  mkdirSync(join(path, 'cjs'), { recursive: true })
  writeFileSync(join(path, 'package.json'), '{ "name": "shop", "version": "1.2.3", "main": "cjs/index.js" }')
  writeFileSync(join(path, 'cjs/package.json'), '{ "type": "commonjs" }')
  const entry = new HookedPackages(['shop']).entryAt(join(path, 'cjs/index.js'))
  assert.deepEqual([entry?.name, entry?.version], ['shop', '1.2.3'])
})

test('the program itself is no library, whatever it is called', (t) => {
  const path = join(folder, 'program')
  mkdirSync(path)
  writeFileSync(join(path, 'package.json'), '{ "name": "shop" }')
  const [node = '', program = '', ...more] = process.argv
  t.after(() => {
    process.argv = [node, program, ...more]
  })
  process.argv = [node, join(path, 'app.js')]
  assert.equal(new HookedPackages(['shop']).entryAt(join(path, 'index.js')), undefined)
})
