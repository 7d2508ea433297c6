// node test/matrix.mjs 22 24 26: runs the compiled tests under the newest release of each of these lines of Node.js.
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { hasBinaries, installed } from './node-lines.mjs'

/** What knows nothing of the line of Node.js, or asks settings for what others ask too: once is enough. */
const NOT_AGAIN = [
  '-otlp/',
  '-harness/',
  '-instrumentation/sql',
  '-instrumentation/url',
  '-propagation/',
  '-config/',
  '-build.test',
  '-cli/',
  '-export/text',
  '-export/tree',
  '-exit/soak',
  '-environment/config-file',
  '-environment/garbage',
  '-environment/misconfigurations',
  '-environment/prometheus',
  '-environment/propagation',
  '-environment/redaction',
  '-environment/sampling',
  '-environment/shedding',
  '-environment/spool',
  '-environment/text-length',
  '-demo.test',
  '-docs.test',
  '-package.test',
]

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

const failed = []
for (const major of majors) {
  const node = installed(major)
  const version = node && spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout?.trim()
  if (!version) {
    console.error(`\ntest/matrix.mjs: Node.js ${major} cannot be installed or does not run here`)
    failed.push(major)
    continue
  }
  console.log(`\n=== Node.js ${version}`)
  // AUTOSPAN_TEST_NODE of the caller would put the programs under test on a binary of its own.
  const env = { ...process.env, AUTOSPAN_TEST_NODE: node }
  const { status } = spawnSync(node, [join(root, 'test/run.mjs'), ...NOT_AGAIN], { cwd: root, stdio: 'inherit', env })
  if (status !== 0) failed.push(major)
}
console.log(
  `\n=== Node.js ${majors.join(', ')}: ${failed.length === 0 ? 'all passed' : `FAILED on ${failed.join(', ')}`}`,
)
process.exitCode = failed.length === 0 ? 0 : 1
