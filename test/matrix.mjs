// node test/matrix.mjs 22 24 26: runs the compiled tests under the newest release of each of these lines of Node.js.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { hasBinaries, installed } from './node-lines.mjs'

/** What knows nothing of the line of Node.js, or asks settings for what others ask too: once is enough. */
const NOT_AGAIN = [
  '-otlp/',
  '-harness/',
  '-instrumentation/breaker',
  '-instrumentation/http-kinds',
  '-instrumentation/log-records',
  '-instrumentation/query-text',
  '-instrumentation/sql',
  '-instrumentation/url',
  '-propagation/',
  '-config/',
  '-build.test',
  '-cli/',
  '-export/batch-source',
  '-export/console',
  '-export/counters',
  '-export/http-response',
  '-export/prometheus',
  '-export/retry',
  '-export/text',
  '-export/tree',
  '-exit/soak',
  '-environment/config-file',
  '-environment/exporters',
  '-environment/garbage',
  '-environment/instrumentations',
  '-environment/log-level',
  '-environment/misconfigurations',
  '-environment/prometheus',
  '-environment/propagation',
  '-environment/redaction',
  '-environment/sampling',
  '-environment/shedding',
  '-environment/spool',
  '-environment/text-length',
  '-foreign/doubles',
  '-metrics/histograms',
  '-metrics/instruments',
  '-metrics/measured',
  '-metrics/observables',
  '-metrics/views',
  '-resource/container',
  '-trace/decider',
  '-trace/id',
  '-trace/lean',
  '-trace/random',
  '-trace/span.test',
  '-trace/thinning',
  '-trace/threshold',
  '-demo.test',
  '-docs.test',
  '-package.test',
]

/** What may know of how contexts are kept, or files are watched: besides Node.js 20 one of the newer lines is enough. */
const ON_24_ONLY = [
  '-cost/requests',
  '-environment/control',
  '-environment/files',
  '-environment/http',
  '-environment/resource',
  '-environment/tools',
  '-instrumentations/loop-delay',
]

/** In what these are about 22 is as 20: it keeps contexts in the same way and loads modules in another. */
const NOT_ON_22 = [
  '-bundlers/',
  '-environment/',
  '-exit/',
  '-export/',
  '-foreign/',
  '-instrumentations/logs',
  '-instrumentations/pg',
  '-logs/',
  '-metrics/',
]

/** In what these are about 24 is as 26. */
const NOT_ON_24 = ['-bundlers/', '-exit/', '-export/', '-foreign/', '-logs/', '-metrics/']

const LEFT_OUT = { 22: [...NOT_AGAIN, ...ON_24_ONLY, ...NOT_ON_22], 24: [...NOT_AGAIN, ...NOT_ON_24] }

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const majors = process.argv.slice(2)

if (majors.length === 0 || majors.some((major) => !/^\d+$/.test(major))) {
  console.error('usage: node test/matrix.mjs <major> ...')
  process.exit(1)
}
if (!hasBinaries()) {
  console.log(`test/matrix.mjs: skipped, it has binaries for linux-x64 and not for ${process.platform}-${process.arch}`)
  process.exit(0)
}

// Needs the compiled tests.
const { owning } = await import('../dist/test/harness/owner.js')
const { startPostgres } = await import('../dist/test/harness/postgres.js')
const failed = []
await owning(async (owner) => {
  // One for all lines: to start it takes seconds, and what it runs on is no matter.
  const database = await startPostgres(owner)
  for (const major of majors) if (!(await passes(major, database))) failed.push(major)
})
console.log(
  `\n=== Node.js ${majors.join(', ')}: ${failed.length === 0 ? 'all passed' : `FAILED on ${failed.join(', ')}`}`,
)
process.exitCode = failed.length === 0 ? 0 : 1

async function passes(major, database) {
  const node = installed(major)
  const version = node && spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout?.trim()
  if (!version) {
    console.error(`\ntest/matrix.mjs: Node.js ${major} cannot be installed or does not run here`)
    return false
  }
  console.log(`\n=== Node.js ${version}`)
  // AUTOSPAN_TEST_NODE of the caller would put the programs under test on a binary of its own.
  const env = { ...process.env, AUTOSPAN_TEST_NODE: node, DATABASE_URL: database }
  const left = LEFT_OUT[major] ?? [...NOT_AGAIN, ...ON_24_ONLY]
  const child = spawn(node, [join(root, 'test/run.mjs'), ...left], { cwd: root, stdio: 'inherit', env })
  const [code] = await once(child, 'exit')
  return code === 0
}
