import assert from 'node:assert/strict'
import { cp, mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { trace } from '../harness/draw.js'
import { temporaryFolder } from '../harness/folder.js'
import { file } from '../harness/owner.js'
import { root, traceOf } from '../harness/program.js'

const folder = temporaryFolder(file)
await mkdir(join(folder, 'node_modules'))
await symlink(root, join(folder, 'node_modules/autospan'), 'junction')
await cp(join(root, 'test/apps/boot/traced.mjs'), join(folder, 'traced.mjs'))

for (const options of [
  '--import autospan/register',
  '--require autospan/register',
  '--import ./node_modules/autospan/register.mjs',
  '--require ./node_modules/autospan/register.mjs',
  `--require "${join(folder, 'node_modules/autospan/register.mjs')}"`,
]) {
  test(`NODE_OPTIONS='${options.replace(folder, '<a path with spaces>')}' traces the program`, async () => {
    assert.equal(
      await traceOf(join(folder, 'traced.mjs'), { NODE_OPTIONS: options }, { agent: false, cwd: folder }),
      trace`
        GET   CLIENT 200
          GET SERVER 200
      `,
    )
  })
}
