// The command line of `npm run bench`.
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { AGENTS, floorAgent } from './agents.mjs'
import { APPS } from './apps.mjs'

const PARTS = ['cpu', 'latency', 'pause', 'startup', 'loading', 'memory', 'parts']

export const USAGE = `npm run bench -- [options]
  --quick               within three minutes, with wider spreads
  --apps a,b            of ${Object.keys(APPS).join(', ')}
  --agents a,b          of ${Object.keys(AGENTS).join(', ')};
                        default: bare and autospan, and with hello autospan sampled out and disabled;
                        foreign ones are installed into bench/agents/ when they are asked for
  --floor <file>        a row for a tracer for --require that exports to 127.0.0.1:14318
  --only a,b            of ${PARTS.join(', ')}
  --soak-memory <min>   nothing else: whether memory stays where it is at 5,000 requests a second
  --rounds <n>          slices of each process           --slice <ms>        length of a slice
  --warm <n>            requests of each process before its first slice: short warm-ups measure the compiler
  --processes <n>       of each agent, 3               --connections <n>   keep-alive connections, 16
  --starts <n>          starts for each row
  --node a,b            binaries of Node.js that run the programs; of several only start-up and loading are measured
  --json <file>         instead of bench/results/<date>.json`

/** @throws Error for what it does not know */
export function readOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      apps: { type: 'string' },
      agents: { type: 'string' },
      only: { type: 'string' },
      floor: { type: 'string' },
      'soak-memory': { type: 'string' },
      rounds: { type: 'string' },
      slice: { type: 'string' },
      warm: { type: 'string' },
      processes: { type: 'string' },
      starts: { type: 'string' },
      connections: { type: 'string', default: '16' },
      node: { type: 'string', default: process.execPath },
      json: { type: 'string' },
    },
  })
  const { quick, floor } = values
  const nodes = values.node.split(',').map((node) => resolve(node))
  if (floor !== undefined && !existsSync(floor)) throw new Error(`--floor: there is no ${floor}`)
  for (const node of nodes) if (!existsSync(node)) throw new Error(`--node: there is no ${node}`)
  return {
    help: values.help,
    quick,
    nodes,
    only:
      values['soak-memory'] === undefined ? listOf('--only', values.only ?? partsFor(nodes, quick).join(), PARTS) : [],
    apps: listOf('--apps', values.apps ?? Object.keys(APPS).join(), Object.keys(APPS)).map((name) => ({
      name,
      ...APPS[name],
    })),
    agentsFor: agentsFor(values.agents, floor === undefined ? undefined : resolve(floor)),
    cpu: {
      rounds: countOf('--rounds', values.rounds, quick ? 10 : 30),
      sliceMillis: countOf('--slice', values.slice, quick ? 250 : 400),
      processes: countOf('--processes', values.processes, quick ? 1 : 3),
      warmRequests: countOf('--warm', values.warm, quick ? 6000 : 40_000),
      warmMillis: 1000,
      mostWarmMillis: quick ? 4000 : Number.POSITIVE_INFINITY,
      connections: countOf('--connections', values.connections),
    },
    starts: countOf('--starts', values.starts, quick ? 8 : 30),
    loads: countOf('--starts', values.starts, quick ? 4 : 20),
    latency: {
      rounds: quick ? 3 : 20,
      sliceMillis: quick ? 1000 : 2000,
      warmRequests: quick ? 10_000 : 20_000,
      connections: 64,
    },
    pause: { rate: 10_000, rounds: quick ? 3 : 20, sliceMillis: quick ? 1000 : 2000, connections: 16 },
    memory: { rate: 5000, rounds: quick ? 1 : 5, millis: quick ? 6000 : 30_000, connections: 16 },
    soak: soakOf(values['soak-memory']),
    json: values.json,
  }
}

/** A function from an app's name to its agents; undefined for start-up and memory. */
function agentsFor(asked, floor) {
  const known = floor === undefined ? AGENTS : { ...AGENTS, floor: floorAgent(floor) }
  const all = Object.keys(known)
  const names = asked === undefined ? undefined : listOf('--agents', asked, all)
  return (app) =>
    all
      .filter((name) => {
        if (name === 'floor') return true
        if (names !== undefined) return names.includes(name)
        return known[name].always === true || (known[name].once === true && (app === undefined || app === 'hello'))
      })
      .map((name) => ({ name, ...known[name] }))
}

/** @throws Error for a name that is not known */
export function listOf(option, text, known) {
  const names = text.split(',').map((name) => name.trim())
  for (const name of names) {
    if (!known.includes(name)) throw new Error(`${option}: ${name} is not one of ${known.join(', ')}`)
  }
  return names
}

/** @throws Error for what is no whole number above 0 */
export function countOf(option, text, fallback) {
  const count = text === undefined ? fallback : Number(text)
  if (!Number.isInteger(count) || count < 1) throw new Error(`${option}: ${text} is not a whole number above 0`)
  return count
}

function soakOf(text) {
  if (text === undefined) return undefined
  const minutes = Number(text)
  if (!(minutes > 0)) throw new Error(`--soak-memory: ${text} are no minutes`)
  return { minutes, rate: 5000, connections: 16 }
}

/** Of several versions of Node.js what depends on them most; what takes longer than it tells is left out of a quick run. */
function partsFor(nodes, quick) {
  if (nodes.length > 1) return ['startup', 'loading']
  return quick ? PARTS.filter((part) => part !== 'loading') : PARTS
}
