// node test/run.mjs [part of a path ...]: runs the compiled tests, or those with one of the parts in their path, but for
// those with a part that is given after a minus, as -otlp/random.
import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const given = process.argv.slice(2)
const parts = given.filter((part) => !part.startsWith('-'))
const without = given.filter((part) => part.startsWith('-')).map((part) => part.slice(1))

// From the sources, so that what was compiled from a file that is gone does not run.
const sources = readdirSync(join(root, 'test'), { recursive: true })
  .filter((path) => path.endsWith('.test.ts'))
  .map((path) => join('test', path))
  .filter((path) => parts.length === 0 || parts.some((part) => path.includes(part)))
  .filter((path) => !without.some((part) => path.includes(part)))
  .sort()
const files = sources.map((path) => join(root, 'dist', path.replace(/\.ts$/, '.js')))
const missing = files.filter((path) => !existsSync(path))

if (files.length === 0) fail(`no test file found${parts.length === 0 ? '' : ` with ${parts.join(' or ')} in its path`}`)
if (missing.length > 0)
  fail(`not compiled, run npm run build: ${missing.map((path) => relative(root, path)).join(' ')}`)

// A list of files, for node --test takes no folder on Node 22 and no pattern on Node 20. Tests wait for child
// processes most of the time, which have a core for themselves.
const flags = ['--test', '--test-reporter=spec', '--test-concurrency=3', '--test-timeout=300000']
const child = spawn(process.execPath, [...flags, ...files], { cwd: root, stdio: 'inherit' })
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
child.on('exit', (code) => {
  process.exitCode = code ?? 1
})

function fail(message) {
  console.error(`test/run.mjs: ${message}`)
  process.exit(1)
}
