import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { root } from './harness/program.js'

for (const [script, promise] of [
  ['docs/libraries.mjs', 'the README tells of the libraries that are traced, and no others'],
  ['docs/environment.mjs', 'docs/environment.md tells of the variables that are read, as the table has them'],
] as const) {
  test(promise, () => {
    const { stderr, status } = spawnSync(process.execPath, [join(root, script), '--check'], { encoding: 'utf8' })
    assert.deepEqual({ stderr, status }, { stderr: '', status: 0 })
  })
}
