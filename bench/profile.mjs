// Where the CPU goes: node bench/profile.mjs [--app hello] [--agent autospan] [--node binary] [--millis 8000]
// Self time of each function in microseconds a request, beside the same function's with bare Node.js: what the agent
// does itself, and what it makes dearer elsewhere. Sampling costs time too, so the sums are above what bench/run.mjs says.
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { AGENTS, floorAgent } from './agents.mjs'
import { APPS } from './apps.mjs'
import { ask, kill, startHelper } from './children.mjs'
import { openDatabase } from './database.mjs'
import { installAgent, installLibraries } from './install.mjs'
import { HELPER_CORE } from './pin.mjs'
import { Program, programEnv } from './program.mjs'

const WARM_MILLIS = 4000
const ROOT = new URL('..', import.meta.url).href

const { values: options } = parseArgs({
  options: {
    app: { type: 'string', default: 'hello' },
    agent: { type: 'string', default: 'autospan' },
    floor: { type: 'string' },
    service: { type: 'string' },
    node: { type: 'string', default: process.execPath },
    millis: { type: 'string', default: '8000' },
    top: { type: 'string', default: '45' },
  },
})

installLibraries()
const app = APPS[options.app]
const agent = options.floor ? floorAgent(resolve(options.floor)) : AGENTS[options.agent]
installAgent(agent)
const sink = startHelper('sink.mjs')
const load = startHelper('load.mjs')
const backend = await Program.start(process.execPath, { flags: () => [] }, 'hello.cjs', programEnv(), HELPER_CORE)
const database = app.database ? await openDatabase() : undefined
try {
  const bare = await profileOf('bare', AGENTS.bare)
  const traced = await profileOf(options.agent, agent)
  print(bare, traced)
} finally {
  await Promise.all([kill(sink), kill(load), backend.stop(), database?.close()])
}

/** Profiles the last service of the app, or `--service`. @returns microseconds a request by function */
async function profileOf(name, agent) {
  const { port } = await ask(sink, { open: name, port: agent.port ?? 0 })
  const env = programEnv(
    { BENCH_UPSTREAM: `http://127.0.0.1:${backend.port}` },
    await database?.env(),
    agent.env({ endpoint: `http://127.0.0.1:${port}` }),
  )
  const programs = []
  const profiler = fileURLToPath(new URL('profiler.cjs', import.meta.url))
  for (const file of app.services) {
    const isProfiled = file.startsWith(options.service ?? app.services.at(-1))
    const flags = (kind) => [...(isProfiled ? ['--require', profiler] : []), ...agent.flags(kind)]
    const program = await Program.start(options.node, { ...agent, name, flags }, file, env, undefined, !isProfiled)
    programs.push({ program, isProfiled })
    env.BENCH_UPSTREAM = `http://127.0.0.1:${program.port}`
  }
  const { program: entry } = programs.at(-1)
  const { program } = programs.find(({ isProfiled }) => isProfiled)
  const question = { port: entry.port, path: app.path, headers: agent.headers }
  await ask(load, { ...question, millis: WARM_MILLIS })
  await program.ask('start')
  const { requests } = await ask(load, { ...question, millis: Number(options.millis) })
  const { profile } = await program.ask('stop')
  await Promise.all(programs.map(({ program }) => program.stop()))
  return microsByFunction(profile, requests)
}

function microsByFunction({ nodes, samples, timeDeltas }, requests) {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]))
  const micros = new Map()
  for (let i = 0; i < samples.length; i++) {
    const name = names.get(samples[i])
    micros.set(name, (micros.get(name) ?? 0) + timeDeltas[i] / requests)
  }
  micros.delete('(idle)')
  return micros
}

function nameOf({ functionName, url, lineNumber }) {
  const place = url.startsWith(ROOT) ? url.slice(ROOT.length) : url
  if (place === '') return functionName
  return `${functionName || '(anonymous)'}  ${place}:${lineNumber + 1}`
}

function print(bare, traced) {
  const names = [...new Set([...bare.keys(), ...traced.keys()])]
  const rows = names.map((name) => ({ name, bare: bare.get(name) ?? 0, traced: traced.get(name) ?? 0 }))
  const sum = (rows, key) => rows.reduce((total, row) => total + row[key], 0)
  const ours = rows.filter(({ name }) => /\bdist\/|node_modules\/(@opentelemetry|dd-trace)|floor\./.test(name))
  const others = rows.filter((row) => !ours.includes(row))
  const line = ({ bare, traced, name }) => {
    const added = traced - bare
    const columns = [bare, traced, added].map((micros) => micros.toFixed(2).padStart(8))
    return `${columns.join('')}  ${name}`
  }
  console.log('    bare  traced   added  us a request, self time')
  console.log(line({ bare: sum(rows, 'bare'), traced: sum(rows, 'traced'), name: 'all' }))
  console.log(line({ bare: sum(ours, 'bare'), traced: sum(ours, 'traced'), name: 'the agent' }))
  console.log(line({ bare: sum(others, 'bare'), traced: sum(others, 'traced'), name: 'everything else' }))
  console.log()
  rows.sort((a, b) => Math.abs(b.traced - b.bare) - Math.abs(a.traced - a.bare))
  for (const row of rows.slice(0, Number(options.top))) console.log(line(row))
}
