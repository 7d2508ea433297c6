// A tree of 1,000 modules, CommonJS and ES: how long it takes to load, less what a start costs in any case. By
// --node a,b it is measured with each of several versions of Node.js.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { kill, start, within } from './children.mjs'
import { PROGRAM_CORE } from './pin.mjs'
import { firstLine, programEnv } from './program.mjs'
import { summary } from './statistics.mjs'

const MODULES = 1000
/** Modules that one of them loads. */
const CHILDREN = 8
/** In each folder, as in packages. */
const FOLDER = 20

/** @returns ratios to bare Node.js of the same turn, by CPU time and by wall time, for each agent and kind of module */
export async function measureLoading(bench, agents, turns) {
  const folder = mkdtempSync(join(tmpdir(), 'autospan-bench-'))
  try {
    plant(folder)
    const results = []
    for (const kind of ['cjs', 'esm']) {
      const runs = []
      for (const agent of agents) {
        const { port } = await bench.inlet(`loading ${kind} ${agent.name}`, agent.port)
        runs.push({ agent, env: programEnv(agent.env({ endpoint: `http://127.0.0.1:${port}` })), loads: [] })
      }
      // The first turn reads files that later ones find in memory.
      for (let turn = -1; turn < turns; turn++) {
        for (let i = 0; i < runs.length; i++) {
          const run = runs[(i + turn + 1) % runs.length]
          const load = await loadOnce(bench.node, run, kind, folder)
          if (turn >= 0) run.loads.push(load)
        }
      }
      results.push(...runs.map((run) => resultOf(run, kind, runs)))
    }
    return results
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function loadOnce(node, { agent, env }, kind, folder) {
  const main = join(folder, kind === 'cjs' ? 'main.cjs' : 'main.mjs')
  const child = start(PROGRAM_CORE, [node, ...agent.flags(kind), main], { env, stdio: ['ignore', 'pipe', 'ignore'] })
  try {
    return JSON.parse(await within(60_000, `loading ${main} with ${agent.name}`, firstLine(child)))
  } finally {
    await kill(child)
  }
}

function resultOf({ agent, loads }, kind, runs) {
  const bare = runs.find(({ agent }) => agent.name === 'bare')
  const ratio = (what) => bare && summary(loads.map((load, i) => load[what] / bare.loads[i][what]))
  return {
    agent: agent.name,
    kind,
    modules: MODULES,
    wall: summary(loads.map(({ wall }) => wall)),
    wallRatio: ratio('wall'),
    cpu: summary(loads.map(({ cpu }) => cpu)),
    cpuRatio: ratio('cpu'),
  }
}

/** Module i loads modules i * CHILDREN + 1 and following. */
function plant(folder) {
  for (let i = 0; i < MODULES; i++) {
    const children = Array.from({ length: CHILDREN }, (_, n) => i * CHILDREN + 1 + n).filter((n) => n < MODULES)
    mkdirSync(join(folder, folderOf(i)), { recursive: true })
    const required = children.map((n) => `const m${n} = require('../${folderOf(n)}/m${n}.cjs')`)
    const imported = children.map((n) => `import * as m${n} from '../${folderOf(n)}/m${n}.mjs'`)
    const names = children.map((n) => `m${n}`).join(', ')
    writeFileSync(
      join(folder, folderOf(i), `m${i}.cjs`),
      `${required.join('\n')}\n${body(i)}module.exports = { work${i}, children: [${names}] }\n`,
    )
    writeFileSync(
      join(folder, folderOf(i), `m${i}.mjs`),
      `${imported.join('\n')}\n${body(i)}export { work${i} }\nexport const children = [${names}]\n`,
    )
  }
  for (const [file, load] of [
    ['main.cjs', `require('./${folderOf(0)}/m0.cjs')`],
    ['main.mjs', `await import('./${folderOf(0)}/m0.mjs')`],
  ]) {
    writeFileSync(join(folder, file), main(load))
  }
}

/** Waits for the end: an ES module's line behind its last one costs when it is evaluated. */
function main(load) {
  return `const began = process.hrtime.bigint()
const before = process.cpuUsage()
${load}
const { user, system } = process.cpuUsage(before)
console.log(JSON.stringify({ wall: Number(process.hrtime.bigint() - began) / 1e6, cpu: (user + system) / 1000 }))
setInterval(() => {}, 1000)
`
}

function folderOf(i) {
  return `package${Math.floor(i / FOLDER)}`
}

/** About 1 kB, as modules of libraries are. */
function body(i) {
  const cases = Array.from(
    { length: 12 },
    (_, n) => `    case ${n}: return { kind: 'case ${n} of ${i}', value: value * ${n} }`,
  )
  return `function work${i}(value) {
  switch (value % 12) {
${cases.join('\n')}
    default: throw new RangeError('not a value of module ${i}')
  }
}
`
}
