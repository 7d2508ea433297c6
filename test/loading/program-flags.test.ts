import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { temporaryFolder } from '../harness/folder.js'
import { file } from '../harness/owner.js'
import { run } from '../harness/program.js'

const folder = temporaryFolder(file)
const loader = join(folder, 'loader.cjs')
const program = join(folder, 'program.tea')
const failing = join(folder, 'failing.cjs')
await writeFile(loader, `require.extensions['.tea'] = require.extensions['.js']\n`)
await writeFile(program, `console.log('poured')\n`)
await writeFile(failing, `require('koa')\nrequire('./fails.cjs')\n`)
const print = `Error.stackTraceLimit = 50\nconsole.log(new Error('cold').stack)\n`
await writeFile(join(folder, 'fails.cjs'), print)
await mkdir(join(folder, 'node_modules/koa'), { recursive: true })
await writeFile(join(folder, 'node_modules/koa/package.json'), '{ "name": "koa", "version": "99.0.0" }')
await writeFile(join(folder, 'node_modules/koa/index.js'), print)

const env = { OTEL_TRACES_EXPORTER: 'none' }

test('a program of another language is loaded beside --require', async () => {
  const { stdout, code } = await run(program, { env, nodeFlags: ['--require', loader], importFlag: '--require' })
  assert.deepEqual([stdout, code], ['poured\n', 0])
})

test('where Node.js does not load it because of --import, one line says what to do', async () => {
  const nodeFlags = ['--require', loader]
  const bare = await run(program, { agent: false, nodeFlags: [...nodeFlags, '--import', 'data:text/javascript,'] })
  const { stdout, stderr, code } = await run(program, { env, nodeFlags })
  assert.deepEqual([stdout, code], [bare.stdout, bare.code])
  const said = stderr.match(/no loader for \.tea then; use --require autospan\/register/g)?.length ?? 0
  assert.equal(said, bare.code === 0 ? 0 : 1, stderr)
})

test('the stack of an error in a module that is loaded is the same, hooked or not', async () => {
  const bare = await run(failing, { agent: false, nodeFlags: ['--import', 'data:text/javascript,'] })
  const { stdout } = await run(failing, { env })
  assert.equal(bare.stdout.match(/cold/g)?.length, 2)
  assert.equal(stdout, bare.stdout)
})
