// node docs/environment.mjs: writes docs/environment.md from the table of variables, after a build.
// With --check it writes nothing, and fails when the page is not what it would write.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { BATCHES } from '../dist/src/config/variables/batches.js'
import { EXPORTERS } from '../dist/src/config/variables/exporters.js'
import { GENERAL } from '../dist/src/config/variables/general.js'
import { LIBRARIES } from '../dist/src/config/variables/libraries.js'
import { LIMITS } from '../dist/src/config/variables/limits.js'
import { LOGS } from '../dist/src/config/variables/logs.js'
import { METRICS } from '../dist/src/config/variables/metrics.js'
import { OTLP } from '../dist/src/config/variables/otlp.js'
import { OWN } from '../dist/src/config/variables/own.js'
import { PROXIES } from '../dist/src/config/variables/proxies.js'
import { SAMPLING } from '../dist/src/config/variables/sampling.js'
import { UNREAD_NAMES } from '../dist/src/config/variables/unread.js'
import { VARIABLES } from '../dist/src/config/variables.js'

const PAGE = new URL('environment.md', import.meta.url)

const SECTIONS = [
  ['General', GENERAL],
  ['Where telemetry goes: OTLP', OTLP],
  ['Other exporters', EXPORTERS],
  ['Proxies', PROXIES],
  ['Libraries', LIBRARIES],
  ['Batches and queues', BATCHES],
  ['Limits', LIMITS],
  ['Sampling', SAMPLING],
  ['Metrics', METRICS],
  ['Log records', LOGS],
  ['The agent itself', OWN],
]

const page = render()
if (!process.argv.includes('--check')) writeFileSync(PAGE, page)
else if (!existsSync(PAGE) || readFileSync(PAGE, 'utf8') !== page) {
  process.stderr.write('docs/environment.md is old: run node docs/environment.mjs\n')
  process.exitCode = 1
}

function render() {
  const names = SECTIONS.flatMap(([, rows]) => Object.keys(rows))
  if (names.join() !== Object.keys(VARIABLES).join()) throw new Error('the sections are not those of the table')
  const tables = SECTIONS.map(([title, rows]) =>
    [
      `## ${title}`,
      '',
      '| variable | type | default | meaning |',
      '|---|---|---|---|',
      ...Object.entries(rows).map(([name, variable]) => row(name, variable)),
      '',
    ].join('\n'),
  )
  return `# Environment variables

All that the agent reads; printed from \`src/config/variables/\` by \`node docs/environment.mjs\`.

* An empty value counts as unset. Blanks around a value do not belong to it; neither do quotes around all of it, which
  is said.
* They are read once, before the program starts: what it sets itself, as by dotenv from a file \`.env\`, comes too late, and
  is said. \`node --env-file=.env\` is in time.
* A value that cannot be used is told in one line on stderr, with what is used instead. Nothing stops the program.
* Lists are separated by commas, and what is named twice counts once. Names of values are taken in any case.
* Durations are milliseconds.
* A name within two letters of one of these is told with a suggestion.

${tables.join('\n')}
## Not read

Names of the specification and of other agents that have no effect here, and of which nothing is said:

${UNREAD_NAMES.map((name) => `\`${name}\``).join(', ')}
`
}

function row(name, { type, default: text, tested, fallback, meaning }) {
  const inTests = tested === undefined ? '' : `; \`${tested}\` in [test runners](typescript.md#test-runners)`
  const without = text !== undefined ? `\`${text}\`${inTests}` : fallback !== undefined ? `that of \`${fallback}\`` : ''
  return `| \`${name}\` | ${type.name} | ${without} | ${meaning.replaceAll('|', '\\|')} |`
}
