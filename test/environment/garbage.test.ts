import assert from 'node:assert/strict'
import { test } from 'node:test'
import { url } from '../../src/config/parse.js'
import type { Variable } from '../../src/config/variables/variable.js'
import { VARIABLES } from '../../src/config/variables.js'
import { temporaryFolder } from '../harness/folder.js'
import { file } from '../harness/owner.js'
import { run } from '../harness/program.js'
import { startSink } from '../harness/sink.js'

// Of some variables files and folders are made.
const folder = temporaryFolder(file)

const GARBAGE: Readonly<Record<string, string>> = {
  'nothing but blanks': ' \t ',
  'a negative number': '-1',
  'no number': 'NaN',
  'a number with a unit': '5s',
  'a fraction of infinity': '1e999',
  'digits by the thousand': '9'.repeat(5000),
  'marks of all kinds': `;=,:"'\\%zz[(*{`,
  'characters that move the cursor or end a line': 'ünï\u2028\u001b[2J\u0007🙂\nautospan: all is well',
  'a reference that nobody has replaced': 'x${NOBODY}',
}

const NAMES = Object.keys(VARIABLES).filter(
  // A name of many; a file that is no configuration, which starts nothing; and proxies, for collectors elsewhere only.
  (name) => !name.includes('<') && !/CONFIG_FILE$|_PROXY$/i.test(name),
)

/** With these the program may not be traced, or its spans go elsewhere. */
const LOSE_SPANS = /^OTEL_EXPORTER_OTLP_.*(ENDPOINT|CERTIFICATE|CLIENT_KEY)$|_INSTRUMENTATIONS$/

/** How many lines tell of a variable: of one that is refused one, of others none. */
function expectedLines(name: string, garbage: string): number {
  const text = garbage.trim()
  if (text === '') return 0
  // These know their libraries; and of the sampler's argument nothing is said where the sampler itself is refused.
  if (/_INSTRUMENTATIONS$/.test(name)) return 1
  if (name === 'OTEL_TRACES_SAMPLER_ARG') return 0
  // Not read where each signal has an endpoint of its own.
  if (name === 'OTEL_EXPORTER_OTLP_ENDPOINT' && url.parse(text).value !== undefined) return 0
  if (text.includes('${')) return 1
  const { type } = (VARIABLES as Readonly<Record<string, Variable>>)[name]!
  return type.parse(text).problem === undefined ? 0 : 1
}

for (const [what, garbage] of Object.entries(GARBAGE)) {
  for (const keepsSpans of [true, false]) {
    const names = NAMES.filter((name) => LOSE_SPANS.test(name) !== keepsSpans)
    const words = keepsSpans ? ', and spans arrive' : ''
    test(`${what}, in ${names.length} variables: one line for each that is refused${words}`, async (t) => {
      const sink = await startSink(t)
      const { stdout, stderr, code } = await run(keepsSpans ? 'boot/traced.mjs' : 'boot/plain.mjs', {
        cwd: folder,
        env: {
          ...(keepsSpans ? sink.env : {}),
          ...Object.fromEntries(names.map((name) => [name, garbage])),
        },
      })
      assert.deepEqual([stdout, code], [keepsSpans ? '' : 'ran true\n', 0], stderr)
      const lines = stderr.trimEnd().split('\n')
      for (const line of lines)
        assert.match(line, /^autospan: [\x20-\x7e…äöüïÜ🙂]*$/u, 'each line is the agent’s own, and printable')
      const told = (name: string) => lines.filter((line) => new RegExp(`^autospan: ${name}[ =]`).test(line))
      for (const name of names)
        assert.equal(told(name).length, expectedLines(name, garbage), `${name}\n${told(name).join('\n')}`)
      assert.equal(lines.filter((line) => /^autospan: [\d.]+ traces /.test(line)).length, 1, stderr)
      for (const line of names.flatMap(told)) assert.ok(line.length < 600, line)
      if (keepsSpans) assert.ok((await sink.settled()).length > 0)
    })
  }
}
