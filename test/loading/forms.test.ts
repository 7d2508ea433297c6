import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { file } from '../harness/owner.js'
import { compare, projectWith } from './compare.js'

/** Where the program's express really is, from its folder; links lead there from node_modules. */
const TREES = {
  'node_modules as npm makes it': 'node_modules/express',
  'node_modules as pnpm makes it': 'node_modules/.pnpm/express@5.0.0/node_modules/express',
  'node_modules as Yarn makes it of links': 'node_modules/.store/express-npm-5.0.0-0123456789/package',
  'a package linked from elsewhere': '../packages/express',
}

/** One that only `pnp.cjs` finds. */
const PLUG_AND_PLAY = '.yarn/cache/express-npm-5.0.0-0123456789.zip/node_modules/express'

/** Programs, and the flags of Node.js that some of them need. */
const FORMS: Readonly<Record<string, readonly string[]>> = {
  'required.cjs': [],
  'default.mjs': [],
  'namespace.mjs': [],
  'named.mjs': [],
  're-exported.mjs': [],
  'side-effect.mjs': [],
  'dynamic.mjs': [],
  'dynamic.cjs': [],
  'awaits.mjs': [],
  'create-require.mjs': [],
  'require-esm.cjs': [],
  'both.mjs': [],
  'subpath.mjs': [],
  'subpath.cjs': [],
  'relative.mjs': [],
  'alias.mjs': [],
  'dual.mjs': [],
  'dual.cjs': [],
  'workspace.mjs': [],
  'workspace.cjs': [],
  'conditions.mjs': ['--conditions=shop'],
  'reloaded.cjs': [],
  'kinds.mjs': [],
  'json.mjs': [],
  'wasm.mjs': ['--experimental-wasm-modules'],
}

const projects: string[] = []
for (const place of Object.values(TREES)) projects.push(await projectWith(file, place))
const [project = ''] = projects

for (const [form, nodeFlags] of Object.entries(FORMS)) {
  test(`${form} is traced, and does and says what it does without the agent`, async (t) => {
    await compare(t, join(project, form), { nodeFlags })
  })
}

test("a package in a cache as Yarn's Plug'n'Play has it is traced", async (t) => {
  const project = await projectWith(t, PLUG_AND_PLAY)
  const { stdout } = await compare(t, join(project, 'cached.cjs'), {
    nodeFlags: ['--require', join(project, 'pnp.cjs')],
  })
  assert.equal(stdout, 'true\nuser 7\n')
})

for (const [i, tree] of Object.keys(TREES).entries()) {
  // In the first one are the programs above.
  if (i === 0) continue
  for (const form of ['required.cjs', 'default.mjs']) {
    test(`${tree}: ${form} is traced`, async (t) => {
      await compare(t, join(projects[i] ?? '', form))
    })
  }
}

for (const [extension, source] of [
  ['cjs', `require('express')`],
  // What is imported of it is in the cache of CommonJS too, and no module as others are.
  ['mjs', `import 'express'; import data from './data.json' with { type: 'json' }; console.log(data)`],
] as const) {
  test(`a library that was loaded before the agent, by .${extension}, is told, and traced from then on`, async (t) => {
    const preload = join(project, `preload.${extension}`)
    await writeFile(preload, source)
    const flag = extension === 'cjs' ? '--require' : '--import'
    const { stderr } = await compare(t, join(project, 'default.mjs'), { nodeFlags: [flag, preload] })
    assert.equal(stderr.match(/express \S+ was loaded before autospan/g)?.length, 1, stderr)
  })
}
