// Has V8 compile at once what every start calls. Of a function it first only looks for the end, and reads it again when it
// is called; one that stands in parentheses it compiles in the first go (V8's rule for functions that are called at once).
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'

const STRICT = '"use strict";'
/** What would make the start another one than that of most users; all else a machine may need to start Node.js at all. */
const LEFT_OUT = /^(NODE|OTEL|AUTOSPAN)_/i
const PROGRAM = `require('node:http').createServer().listen(0, '127.0.0.1', () => process.exit())`

/**
 * Rewrites the functions of a bundle that a server calls until it listens: `function f(){}` becomes `var f=(function
 * f(){})`, before all other code but the directive, as declarations are hoisted. Only those of the outermost scope. Where
 * such a server cannot be run, as in a sandbox, the bundle works as it is: a line says so.
 *
 * @throws Error where the bundle is not strict
 */
export function compileAtOnce(bundle, register) {
  const text = readFileSync(bundle, 'utf8')
  if (!text.startsWith(STRICT)) throw new Error(`${bundle} is not strict`)
  const called = heard(bundle, register).filter(
    ({ name, start, end }) => text.slice(start, end).startsWith(`function ${name}(`) && /[;}\n]/.test(text[start - 1]),
  )
  const rest = []
  let from = STRICT.length
  for (const { start, end } of called) {
    rest.push(text.slice(from, start))
    from = end
  }
  rest.push(text.slice(from))
  const eager = called.map(({ name, start, end }) => `${name}=(${text.slice(start, end)})`)
  if (eager.length > 0) writeFileSync(bundle, `${STRICT}var ${eager.join()};${rest.join('')}`)
}

function heard(bundle, register) {
  try {
    return calledBy(bundle, register)
  } catch ({ message }) {
    console.error(`tools/eager.mjs: ${basename(bundle)} stays as it is, and starts a little slower: ${message}`)
    return []
  }
}

/**
 * Functions of the outermost scope that are called at start, in their order, with their places in the text.
 *
 * @throws Error where the start fails, or leaves no coverage
 */
function calledBy(bundle, register) {
  const folder = mkdtempSync(join(tmpdir(), 'autospan-build-'))
  try {
    const flags = ['--import', pathToFileURL(register).href, '-e', PROGRAM]
    const { error, status, signal, stderr } = spawnSync(process.execPath, flags, {
      env: { ...environment(), NODE_V8_COVERAGE: folder, OTEL_LOG_LEVEL: 'error' },
      encoding: 'utf8',
      timeout: 60_000,
    })
    if (error !== undefined) throw error
    if (status !== 0 || stderr !== '') throw new Error(`its start ended with ${signal ?? status}${reason(stderr)}`)
    const scripts = readdirSync(folder).flatMap((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')).result)
    const script = scripts.find(({ url }) => url === pathToFileURL(bundle).href)
    if (script === undefined) throw new Error('its start left no coverage')
    // The first is the bundle itself; what it holds comes outermost first.
    const [, ...places] = script.functions
      .map(({ functionName: name, ranges: [{ startOffset: start, endOffset: end, count }] }) => ({
        name,
        start,
        end,
        count,
      }))
      .sort((a, b) => a.start - b.start || b.end - a.end)
    let until = 0
    return places.filter(({ start, end, count }) => {
      if (start < until) return false
      until = end
      return count > 0
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function environment() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !LEFT_OUT.test(name)))
}

/** The message of an uncaught error, or the first line. */
function reason(stderr) {
  return stderr === '' ? '' : `: ${/^\w*Error.*$/m.exec(stderr)?.[0] ?? stderr.split('\n')[0]}`
}
