// node docs/environment.mjs: writes docs/environment.md from the table of variables, after a build.
// With --check it writes nothing, and fails when the page is not what it would write.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { UNREAD_NAMES, VARIABLES } from '../dist/src/config/variables.js'

const PAGE = new URL('environment.md', import.meta.url)

/** Headings, and what stands below each: a variable goes below the first that its name matches. */
const SECTIONS = [
  ['Where telemetry goes: OTLP', /^OTEL_EXPORTER_OTLP_/],
  ['Other exporters', /^OTEL_EXPORTER_/],
  ['Proxies', /_PROXY$/i],
  ['Libraries', /^OTEL_NODE_.*INSTRUMENTATIONS$|^OTEL_INSTRUMENTATION_|^AUTOSPAN_(HTTP|SQL|DB|REDACT)_/],
  ['Batches and queues', /^OTEL_B(SP|LRP)_|_(QUEUE|SPOOL|BATCH)_/],
  ['Limits', /_LIMIT$/],
  ['Sampling', /_SAMPL/],
  ['Metrics', /_METRICS?_/],
  ['The agent itself', /^AUTOSPAN_/],
]
const GENERAL = 'General'

const page = render()
if (!process.argv.includes('--check')) writeFileSync(PAGE, page)
else if (!existsSync(PAGE) || readFileSync(PAGE, 'utf8') !== page) {
  process.stderr.write('docs/environment.md is old: run node docs/environment.mjs\n')
  process.exitCode = 1
}

function render() {
  const sections = new Map([GENERAL, ...SECTIONS.map(([title]) => title)].map((title) => [title, []]))
  for (const [name, variable] of Object.entries(VARIABLES)) {
    const [title = GENERAL] = SECTIONS.find(([, pattern]) => pattern.test(name)) ?? []
    sections.get(title).push(row(name, variable))
  }
  const tables = [...sections]
    .filter(([, rows]) => rows.length > 0)
    .map(([title, rows]) =>
      [`## ${title}`, '', '| variable | type | default | meaning |', '|---|---|---|---|', ...rows, ''].join('\n'),
    )
  return `# Environment variables

All that the agent reads; printed from \`src/config/variables.ts\` by \`node docs/environment.mjs\`.

* An empty value counts as unset. Blanks around a value do not belong to it; neither do quotes around all of it, which
  is said.
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

function row(name, { type, default: text, fallback, meaning }) {
  const without = text !== undefined ? `\`${text}\`` : fallback !== undefined ? `that of \`${fallback}\`` : ''
  return `| \`${name}\` | ${type.name} | ${without} | ${meaning.replaceAll('|', '\\|')} |`
}
