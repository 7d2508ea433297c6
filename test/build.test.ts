import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { temporaryFolder } from './harness/folder.js'
import { file } from './harness/owner.js'
import { root } from './harness/program.js'

const STRICT = '"use strict";'
const FUNCTIONS =
  'function used(){return 1}function unused(){return 2}exports.start=()=>used()+exports.length;exports.unused=unused;'

/** How programs start with the agent, and what `npm ci` says then, once a bundle has been made. */
const STARTS = {
  'on most machines': { register: `import bundle from './agent.cjs'; bundle.start()`, said: /^$/ },
  'where no server may listen': {
    register: `import { Server } from 'node:net'
      Server.prototype.listen = () => { throw Object.assign(new Error('listen EPERM'), { code: 'EPERM' }) }`,
    said: /^tools\/eager\.mjs: agent\.cjs stays as it is, .*its start ended with 1: Error: listen EPERM\n$/,
  },
  'where the start says something': {
    register: `console.error('a warning of this machine\\nof two lines')`,
    said: /^tools\/eager\.mjs: .*its start ended with 0: a warning of this machine\n$/,
  },
  'where it ends by a signal': {
    register: `process.kill(process.pid, 'SIGKILL')`,
    said: /^tools\/eager\.mjs: .*its start ended with SIGKILL\n$/,
  },
  'where there is no coverage': {
    register: `export {}`,
    said: /^tools\/eager\.mjs: .*its start left no coverage\n$/,
  },
}

for (const [where, { register, said }] of Object.entries(STARTS)) {
  test(`the build is complete ${where}`, () => {
    const { code, stderr, text } = compiled(STRICT + FUNCTIONS, register)
    assert.match(stderr, said)
    assert.equal(code, 0)
    const eager = `${STRICT}var used=(function used(){return 1});${FUNCTIONS.replace('function used(){return 1}', '')}`
    assert.equal(text, stderr === '' ? eager : STRICT + FUNCTIONS)
  })
}

test('a bundle that is not strict fails the build', () => {
  const { code, stderr } = compiled(FUNCTIONS, 'export {}')
  assert.notEqual(code, 0)
  assert.match(stderr, /agent\.cjs is not strict/)
})

test('what decides how this machine starts Node.js is there in the build, and no setting of Node.js or the agent', () => {
  const register = `import bundle from './agent.cjs'; bundle.start()
    if (process.env.SystemRoot !== 'C:/') throw new Error('no root')
    if (process.env.OTEL_SDK_DISABLED || process.env.NODE_OPTIONS) throw new Error('settings')`
  const env = { ...process.env, SystemRoot: 'C:/', OTEL_SDK_DISABLED: 'true', NODE_OPTIONS: '--no-deprecation' }
  const { code, stderr } = compiled(STRICT + FUNCTIONS, register, env)
  assert.deepEqual([code, stderr], [0, ''])
})

/** What the last step of the build makes of a bundle, of which `register` is the agent. */
function compiled(source: string, register: string, env: NodeJS.ProcessEnv = process.env) {
  const folder = temporaryFolder(file)
  const [bundle, flag] = [join(folder, 'agent.cjs'), join(folder, 'register.mjs')]
  writeFileSync(bundle, source)
  writeFileSync(flag, register)
  const step = pathToFileURL(join(root, 'tools/eager.mjs')).href
  const program = `import { compileAtOnce } from '${step}'; compileAtOnce(...process.argv.slice(1))`
  const args = ['--input-type=module', '-e', program, bundle, flag]
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env })
  return { code: status, stderr, text: readFileSync(bundle, 'utf8') }
}
