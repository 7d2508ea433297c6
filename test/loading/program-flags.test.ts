import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { atEnd, file } from '../harness/owner.js'
import { run } from '../harness/program.js'

const folder = await mkdtemp(join(tmpdir(), 'autospan-'))
atEnd(file, () => rm(folder, { recursive: true, force: true }))
const loader = join(folder, 'loader.cjs')
const program = join(folder, 'program.tea')
const failing = join(folder, 'failing.cjs')
await writeFile(loader, `require.extensions['.tea'] = require.extensions['.js']\n`)
await writeFile(program, `console.log('poured')\n`)
await writeFile(failing, `require('./fails.cjs')\n`)
await writeFile(join(folder, 'fails.cjs'), `Error.stackTraceLimit = 50\nconsole.log(new Error('cold').stack)\n`)

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

test('the stack of an error in a module that is loaded is the same', async () => {
  const bare = await run(failing, { agent: false, nodeFlags: ['--import', 'data:text/javascript,'] })
  const { stdout } = await run(failing, { env })
  assert.match(bare.stdout, /cold/)
  assert.equal(stdout, bare.stdout)
})
