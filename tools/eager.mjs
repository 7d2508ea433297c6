// Has V8 compile at once what every start calls. Of a function it first only looks for the end, and reads it again when it
// is called; one that stands in parentheses it compiles in the first go (V8's rule for functions that are called at once).
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const STRICT = '"use strict";'
const PROGRAM = `require('node:http').createServer().listen(0, '127.0.0.1', () => process.exit())`

/**
 * Rewrites the functions of a bundle that a server calls until it listens: `function f(){}` becomes `var f=(function
 * f(){})`, before all other code but the directive, as declarations are hoisted. Only those of the outermost scope.
 *
 * @throws Error where the bundle is not strict, or does not start
 */
export function compileAtOnce(bundle, register) {
  const text = readFileSync(bundle, 'utf8')
  if (!text.startsWith(STRICT)) throw new Error(`${bundle} is not strict`)
  const called = calledBy(bundle, register).filter(
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

/** Functions of the outermost scope that are called at start, in their order, with their places in the text. */
function calledBy(bundle, register) {
  const folder = mkdtempSync(join(tmpdir(), 'autospan-build-'))
  try {
    const { status, stderr } = spawnSync(process.execPath, ['--import', register, '-e', PROGRAM], {
      env: { NODE_V8_COVERAGE: folder, OTEL_LOG_LEVEL: 'error' },
      encoding: 'utf8',
      timeout: 60_000,
    })
    if (status !== 0 || stderr !== '') throw new Error(`a start of ${bundle} ended with ${status}: ${stderr}`)
    const [file] = readdirSync(folder)
    const { result } = JSON.parse(readFileSync(join(folder, file), 'utf8'))
    const { functions } = result.find(({ url }) => url === pathToFileURL(bundle).href)
    // The first is the bundle itself; what it holds comes outermost first.
    const [, ...places] = functions
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
