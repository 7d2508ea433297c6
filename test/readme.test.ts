import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { root } from './harness/program.js'

test('the README tells of the libraries that are traced, and no others', () => {
  const { stderr, status } = spawnSync(process.execPath, [join(root, 'docs/libraries.mjs'), '--check'], {
    encoding: 'utf8',
  })
  assert.deepEqual({ stderr, status }, { stderr: '', status: 0 })
})
