import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import { hostname, release, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { createResource, type Place } from '../../src/resource/detect.js'
import { findEntryFile, findProgramPackage } from '../../src/resource/service.js'
import { configOf } from '../config/reading.js'
import { temporaryFolder } from '../harness/folder.js'
import { file } from '../harness/owner.js'

const root = temporaryFolder(file)

/** Writes files below a folder of their own and returns its path. */
function folderOf(files: Record<string, string>): string {
  const folder = mkdtempSync(join(root, 'case-'))
  for (const [name, text] of Object.entries(files)) {
    const file = join(folder, name)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
  return folder
}

function attributesOf(given: Record<string, string>, entryFile: string, place: Place = {}): Map<string, unknown> {
  const { attributes } = createResource(
    { resourceAttributes: new Map(Object.entries(given)), resourceDetectors: DEFAULT_DETECTORS },
    '1.2.3',
    { entryFile, root: '/nowhere', ...place },
  )
  const map = new Map<string, unknown>()
  for (let i = 0; i < attributes.length; i += 2) map.set(String(attributes[i]), attributes[i + 1])
  assert.equal(map.size * 2, attributes.length, 'each attribute once')
  return map
}

const DEFAULT_DETECTORS = configOf({}).resourceDetectors

const SHOP = '{"name": "shop", "version": "2.0.1"}'

test('a resource names the service, the agent, the process and the host', () => {
  const app = folderOf({ 'package.json': SHOP, 'src/main.js': '' })
  const { 'service.instance.id': instance, ...others } = Object.fromEntries(attributesOf({}, join(app, 'src/main.js')))
  assert.match(String(instance), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.deepEqual(others, {
    'service.name': 'shop',
    'service.version': '2.0.1',
    'telemetry.sdk.name': 'autospan',
    'telemetry.sdk.language': 'nodejs',
    'telemetry.sdk.version': '1.2.3',
    'process.pid': process.pid,
    'process.creation.time': new Date(performance.timeOrigin).toISOString(),
    'process.executable.path': process.execPath,
    'process.command': process.argv0,
    'process.owner': userInfo().username,
    'process.runtime.name': 'nodejs',
    'process.runtime.version': process.version.slice(1),
    'process.runtime.description': 'Node.js',
    'host.name': hostname(),
    'host.arch': { x64: 'amd64', ia32: 'x86', arm: 'arm32' }[process.arch as string] ?? process.arch,
    'os.type': process.platform === 'win32' ? 'windows' : process.platform,
    'os.version': release(),
  })
})

test('each resource has an instance id of its own', () => {
  const ids = [1, 2].map(() => attributesOf({}, '').get('service.instance.id'))
  assert.notEqual(ids[0], ids[1])
})

test('what the user has set wins', () => {
  const app = folderOf({ 'package.json': SHOP, 'main.js': '' })
  const given = {
    'service.name': 'given',
    'service.instance.id': 'one',
    'host.name': 'box',
    'team.name': 'blue',
    ['__proto__']: 'x',
  }
  const attributes = attributesOf(given, join(app, 'main.js'))
  for (const [key, value] of Object.entries(given)) assert.equal(attributes.get(key), value)
  assert.equal(attributes.get('service.version'), '2.0.1')
  assert.equal(Object.getPrototypeOf({}), Object.prototype)
})

test('a version that the user gave is kept', () => {
  const app = folderOf({ 'package.json': SHOP, 'main.js': '' })
  const attributes = attributesOf({ 'service.version': '9' }, join(app, 'main.js'))
  assert.deepEqual([attributes.get('service.name'), attributes.get('service.version')], ['shop', '9'])
})

test('an empty service name is none', () => {
  const app = folderOf({ 'package.json': SHOP, 'main.js': '' })
  assert.equal(attributesOf({ 'service.name': '' }, join(app, 'main.js')).get('service.name'), 'shop')
})

test('a program without a package.json is an unknown service', () => {
  for (const entryFile of ['', '/nowhere/at/all.js', join(folderOf({ 'main.js': '' }), 'main.js')]) {
    const attributes = attributesOf({}, entryFile)
    assert.equal(attributes.get('service.name'), 'unknown_service:node', entryFile)
    assert.equal(attributes.has('service.version'), false)
  }
})

test('the package of a program is the nearest one with a name', () => {
  for (const [files, entry, expected] of [
    [{ 'package.json': SHOP, 'main.js': '' }, 'main.js', { name: 'shop', version: '2.0.1' }],
    [{ 'package.json': SHOP, 'a/b/c/main.js': '' }, 'a/b/c/main.js', { name: 'shop', version: '2.0.1' }],
    [{ 'package.json': SHOP, 'main.js': '' }, 'main', { name: 'shop', version: '2.0.1' }],
    [{ 'package.json': SHOP, 'index.js': '' }, '.', { name: 'shop', version: '2.0.1' }],
    [
      { 'package.json': SHOP, 'a/package.json': '{"name": "@x/inner"}' },
      'a/m.js',
      { name: '@x/inner', version: undefined },
    ],
    [
      { 'package.json': SHOP, 'dist/package.json': '{"type": "module"}' },
      'dist/m.js',
      { name: 'shop', version: '2.0.1' },
    ],
    [{ 'package.json': SHOP, 'a/package.json': '{"name": "' }, 'a/m.js', { name: 'shop', version: '2.0.1' }],
    [{ 'package.json': SHOP, 'a/package.json/x': '' }, 'a/m.js', { name: 'shop', version: '2.0.1' }],
    [{ 'package.json': '{"name": "a", "version": 3}' }, 'm.js', { name: 'a', version: undefined }],
    [{ 'package.json': '{"name": "a", "version": ""}' }, 'm.js', { name: 'a', version: undefined }],
    ...['', 'null', '[]', '3', '{"name": 3}', '{"name": " "}', '\u0000', '{"__proto__": {"name": "a"}}'].map(
      (text) => [{ 'package.json': text }, 'm.js', undefined] as const,
    ),
  ] as const) {
    assert.deepEqual(findProgramPackage(join(folderOf(files), entry)), expected, JSON.stringify(files))
  }
})

test('a tool that runs the program stands for the project it is installed in', () => {
  const next = '{"name": "next", "version": "15.0.0"}'
  const project = folderOf({
    'package.json': SHOP,
    'node_modules/next/package.json': next,
    'node_modules/.pnpm/next@15/node_modules/next/package.json': next,
  })
  for (const folder of ['node_modules/next', 'node_modules/.pnpm/next@15/node_modules/next']) {
    assert.equal(findProgramPackage(join(project, folder, 'bin/next'))?.name, 'shop')
  }
  const global = folderOf({ 'lib/node_modules/next/package.json': next })
  assert.equal(findProgramPackage(join(global, 'lib/node_modules/next/bin/next'))?.name, 'next')
})

test('a tool that a workspace shares stands for the package in whose folder it was started', () => {
  const workspace = folderOf({
    'package.json': '{"name": "workspace"}',
    'node_modules/next/package.json': '{"name": "next"}',
    'apps/shop/package.json': SHOP,
    'apps/shop/dist/package.json': '{"type": "module"}',
  })
  for (const [folder, expected] of [
    ['apps/shop', 'shop'],
    ['apps/shop/dist', 'shop'],
    ['apps', 'workspace'],
    ['', 'workspace'],
    ['..', 'workspace'],
    ['node_modules/next', 'workspace'],
  ] as const) {
    const found = findProgramPackage(join(workspace, 'node_modules/next/bin/next'), join(workspace, folder))
    assert.equal(found?.name, expected, folder)
  }
})

test('symbolic links are followed', () => {
  const app = folderOf({ 'package.json': SHOP, 'bin/main.js': '' })
  const elsewhere = folderOf({ 'package.json': '{"name": "other"}' })
  symlinkSync(join(app, 'bin/main.js'), join(elsewhere, 'main.js'))
  assert.equal(findProgramPackage(join(elsewhere, 'main.js'))?.name, 'shop')
})

test('a pipe that is called package.json is not waited for', { skip: process.platform === 'win32' }, () => {
  const app = folderOf({ 'main.js': '' })
  spawnSync('mkfifo', [join(app, 'package.json')])
  assert.equal(findProgramPackage(join(app, 'main.js')), undefined)
})

test('a program that pm2 starts is known by what pm2 tells of it', () => {
  const pm2 = '/usr/lib/node_modules/pm2/lib/'
  for (const [entry, env, expected] of [
    [`${pm2}ProcessContainerFork.js`, { pm_exec_path: '/srv/shop/app.js' }, '/srv/shop/app.js'],
    [`${pm2}ProcessContainer.js`, { pm2_env: '{"pm_exec_path":"/srv/shop/app.js"}' }, '/srv/shop/app.js'],
    [`${pm2}ProcessContainer.js`, { pm2_env: '{' }, `${pm2}ProcessContainer.js`],
    [`${pm2}ProcessContainer.js`, {}, `${pm2}ProcessContainer.js`],
    ['/srv/other.js', { pm_exec_path: '/srv/shop/app.js' }, '/srv/other.js'],
  ] as const) {
    assert.equal(findEntryFile(env, entry), expected)
  }
})
