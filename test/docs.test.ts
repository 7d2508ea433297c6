import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
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

test('the package has each file that the README links to', () => {
  const linked = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/\]\((?!https?:)([^)#]+)/g)].map(
    ([, path]) => path,
  )
  const pack = ['pack', '--dry-run', '--json', '--ignore-scripts']
  const [{ files }] = JSON.parse(spawnSync('npm', pack, { cwd: root, encoding: 'utf8' }).stdout)
  const packed = files.map(({ path }: { path: string }) => path)
  assert.ok(linked.length > 0)
  assert.deepEqual(
    linked.filter((path) => !packed.includes(path)),
    [],
  )
})
