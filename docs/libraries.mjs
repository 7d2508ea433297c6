// node docs/libraries.mjs: writes the README's table of libraries from the list of instrumentations, after a build.
// With --check it writes nothing, and fails when the table is not what it would write.
import { readFileSync, writeFileSync } from 'node:fs'
import { INSTRUMENTATIONS } from '../dist/instrumentations/index.js'
import { packageOf } from '../dist/src/hooks/packages.js'

const README = new URL('../README.md', import.meta.url)
const TABLE = /(?<=<!-- libraries -->\n).*(?=<!-- \/libraries -->)/s
const HEAD = ['| name | libraries and tested versions | what is traced |', '|---|---|---|']

const readme = readFileSync(README, 'utf8')
const table = `\n${[...HEAD, ...INSTRUMENTATIONS.map(row)].join('\n')}\n\n`
const written = readme.replace(TABLE, () => table)
if (!TABLE.test(readme)) fail('README.md has no <!-- libraries --> that a <!-- /libraries --> follows')
else if (!process.argv.includes('--check')) writeFileSync(README, written)
else if (written !== readme) fail('the table of libraries in README.md is old: run node docs/libraries.mjs')

function row({ name, about, modules = [], channels = [] }) {
  const names = new Map()
  for (const { module, versions = 'of Node.js' } of [...modules, ...channels]) {
    names.set(versions, (names.get(versions) ?? new Set()).add(`\`${packageOf(module)}\``))
  }
  const libraries = [...names].map(([versions, packages]) => `${[...packages].join(', ')} ${versions}`)
  return `| \`${name}\` | ${libraries.join('; ') || 'Node.js itself'} | ${about} |`
}

function fail(message) {
  process.stderr.write(`${message}\n`)
  process.exitCode = 1
}
