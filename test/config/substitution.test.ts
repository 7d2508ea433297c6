import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { plainScalar } from '../../src/config/substitution.js'
import { parseYaml, type Tree, YamlError } from '../../src/config/yaml.js'
import { root } from '../harness/program.js'

interface Cases {
  readonly environment: Readonly<Record<string, string>>
  readonly cases: readonly { readonly input: string; readonly after: string | null; readonly tag: string | null }[]
}

/** The table of the specification's configuration/data-model.md. */
const { environment, cases } = JSON.parse(
  readFileSync(join(root, 'test/config/substitution-cases.json'), 'utf8'),
) as Cases

const TAGS: Readonly<Record<string, string>> = { str: 'string', int: 'number', float: 'number', bool: 'boolean' }

for (const { input, after, tag } of cases) {
  test(`${input} becomes ${after ?? 'an error'}`, () => {
    if (after === null) {
      assert.throws(() => parseYaml(input, environment), YamlError)
      return
    }
    const [[key, { value }] = assert.fail()] = parseYaml(input, environment).value as ReadonlyMap<string, Tree>
    assert.equal(value === null ? 'null' : typeof value, TAGS[tag ?? ''] ?? tag)
    // The key is not replaced; the table has the whole line as what it becomes.
    const expected = key === 'key' ? after.slice('key:'.length).trim() : after.replace(/^key: /, '')
    const text = expected.replace(/^"(.*)"$/, '$1').replaceAll('\\n', '\n')
    assert.equal(key === 'key' ? text : text.slice(key.length + 2), value === null ? '' : textOf(value, text))
  })
}

/** Numbers have forgotten how they were written. */
function textOf(value: Tree['value'], text: string): string {
  return typeof value === 'number' && Number(text) === value ? text : String(value)
}

test('plain scalars are of the core schema', () => {
  for (const [text, value] of [
    ['', null],
    ['~', null],
    ['Null', null],
    ['nULL', 'nULL'],
    ['True', true],
    ['yes', 'yes'],
    ['012', 12],
    ['0o17', 15],
    ['0x1F', 31],
    ['-1.5e3', -1500],
    ['.5', 0.5],
    ['1.', 1],
    ['.', '.'],
    ['-.inf', -Infinity],
    ['1_000', '1_000'],
    ['5s', '5s'],
  ] as const) {
    assert.equal(plainScalar(text), value, text)
  }
  assert.ok(Number.isNaN(plainScalar('.nan')))
})

test('an empty variable counts as unset, a default may be anything but a brace', () => {
  const valueIn = (text: string) =>
    (parseYaml(`key: ${text}`, { EMPTY: '', SET: 'x' }).value as ReadonlyMap<string, Tree>).get('key')?.value
  assert.equal(valueIn('${EMPTY:-other}'), 'other')
  assert.equal(valueIn('${SET:-other}'), 'x')
  assert.equal(valueIn('${NONE:-http://c:4318/?a=$b}'), 'http://c:4318/?a=$b')
  assert.equal(valueIn('${NONE:-5}'), 5)
  assert.equal(valueIn("'${NONE:-5}'"), '5')
  assert.equal(valueIn('|-\n  ${SET}\n  ${NONE}b'), 'x\nb')
  assert.equal(valueIn('${'), '${')
  for (const wrong of ['${}', '${1A}', '${A B}', '${A-b}', '${env:}', '${file:A}', '${A:=b}']) {
    assert.throws(() => valueIn(wrong), YamlError, wrong)
  }
})

test('what unfolds without an end is refused', () => {
  const bomb = [
    'a: &a [x,x,x,x,x,x,x,x,x,x]',
    ...Array.from({ length: 5 }, (_, i) => {
      const [name, of] = ['bcdef'[i]!, 'abcde'[i]!]
      return `${name}: &${name} [${Array(10).fill(`*${of}`).join(',')}]`
    }),
  ].join('\n')
  assert.throws(() => parseYaml(bomb, {}), /holds too much/)
  assert.throws(() => parseYaml('a: &a [*a]', {}))
})
