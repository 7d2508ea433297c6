import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { startSink } from '../dist/test/harness/sink.js'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const SERVER = 2
const TIMEOUT_MILLIS = 120_000

/**
 * Starts a server with the agent, asks it for paths, one after the other, and ends it.
 *
 * @param args of Node.js
 * @param settings `cwd` and `env`
 * @returns what the agent has said after its first line, and the spans
 */
export async function serve(owner, node, args, { cwd, env }, paths) {
  const sink = await startSink(owner)
  const said = []
  const settings = { cwd, env: { ...env, ...sink.env }, timeout: TIMEOUT_MILLIS }
  const server = spawn(node, ['--import', join(root, 'register.mjs'), ...args], settings)
  createInterface(server.stderr).on('line', (line) => said.push(line))
  const origin = await originOf(server)
  if (origin === undefined) throw new Error(`the server does not listen:\n${said.join('\n')}`)
  for (const path of paths) await (await fetch(origin + path)).text()
  server.kill()
  await once(server, 'close')
  return { said: said.filter((line) => line.startsWith('autospan: ')).slice(1), spans: await sink.settled() }
}

/** The spans of requests that the server was asked. */
export function requestsOf(spans) {
  return spans.filter(({ kind, scope }) => kind === SERVER && scope.name === 'autospan/http')
}

/** Lines about paths that were not told as `expected`, by `tell` of each span. */
export function differences(requests, expected, tell) {
  return Object.entries(expected).flatMap(([path, wanted]) => {
    const told = requests.filter(({ attributes }) => attributes['url.path'] === path).map(tell)
    return JSON.stringify(told) === JSON.stringify([wanted]) ? [] : [`${path} was told as ${JSON.stringify(told)}`]
  })
}

async function originOf(server) {
  for await (const line of createInterface(server.stdout)) {
    const origin = /http:\/\/localhost:[1-9]\d*/.exec(line)
    if (origin !== null) return origin[0]
  }
  return undefined
}
