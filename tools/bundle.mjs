// Bundles what tsc has compiled: dist/agent.cjs, which every start loads; dist/disabled.cjs and dist/tools.cjs, which tell
// whether it may; dist/cli.cjs, the command; dist/bundlers/, the plugins; and a file in dist/lazy/ for each module that the
// sources `require` within a function, loaded when that function is called. dist/LICENSES.txt has the licences of what is
// of others in them. See CONTRIBUTING.md.
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { compileAtOnce } from './eager.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const dist = join(root, 'dist')
const ENTRY = join(dist, 'src/agent.js')
/** What register.mjs asks before it loads the agent. */
const QUESTIONS = ['disabled', 'tools']
const CLI = join(dist, 'src/cli/main.js')
const PLUGINS = ['esbuild', 'rollup', 'webpack', 'webpack-loader']
const LIST = join(dist, 'instrumentations/index.js')
const OURS = /[/\\]dist[/\\](src|instrumentations)[/\\].*\.js$/
/** What rows and instrumentations say for the documentation. */
const DOCUMENTATION = /"?\b(?:meaning|about)"?:\s*('(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`[^`]*`)(?:,|(?=\s*\}))/g

/**
 * Instrumentations of what nearly every program loads, a server also child_process, by cluster: a file more costs a start
 * more than they do.
 */
const AT_START = new Set(['http', 'http2', 'grpc', 'child_process'])

/** Those who ask for a source within a function, by its path. */
const lazy = new Map()
/** Lazy ones that others import too, as the names of their files. */
const imported = new Map()
/** Programs for threads of their own: they share nothing with the agent. */
const programs = new Map()
/** Modules of agent.cjs that lazy ones import too. */
const shared = new Set()
/** Packages of others that are a part of what is made. */
const packages = new Set()
/** The file of each module that several lazy ones import. */
const common = new Map()

for (const folder of ['lazy', 'bundlers']) rmSync(join(dist, folder), { recursive: true, force: true })
const early = new Set(await bundleAgent())
await bundle({ entryPoints: [CLI], outfile: join(dist, 'cli.cjs') }, [])
const chunks = new Map()
for (let known = -1; known < lazy.size; ) {
  known = lazy.size
  for (const entry of lazy.keys()) chunks.set(entry, await bundleLazy(entry))
}
settleCommon()
for (const entry of lazy.keys()) await bundleLazy(entry)
for (const file of new Set(common.values())) {
  if (!isLazyFile(file)) await bundleApart({ stdin: await together(commonIn(file)) }, file)
}
for (const name of QUESTIONS) {
  await bundle({ entryPoints: [join(dist, `src/config/${name}.js`)], outfile: join(dist, `${name}.cjs`) }, [])
}
for (const entry of programs.keys()) await bundleProgram(entry)
// Now that it is known what the lazy ones share with it.
await bundleAgent()
await bundlePlugins()
writeFileSync(join(dist, 'LICENSES.txt'), licences())
compileAtOnce(join(dist, 'agent.cjs'), join(root, 'register.mjs'))
refuse(contradictions())

async function bundleAgent() {
  const stdin = await together([...shared].sort(), `export { start } from ${JSON.stringify(ENTRY)}`)
  return bundle({ stdin, outfile: join(dist, 'agent.cjs') }, [])
}

/**
 * A source that hands out modules by their names. What a module exports is put together when it is asked for: a namespace
 * would be made at start, with a closure for each of its names.
 */
async function together(modules, ...lines) {
  const cases = []
  // The modules are strict, and as a directive esbuild keeps that.
  lines.unshift(`'use strict'`)
  for (const [i, path] of modules.entries()) {
    const names = await exportsOf(path)
    lines.push(`import { ${names.map((name) => `${name} as m${i}_${name}`).join()} } from ${JSON.stringify(path)}`)
    cases.push(
      `case ${JSON.stringify(nameOf(path))}: return { ${names.map((name) => `${name}: m${i}_${name}`).join()} }`,
    )
  }
  const contents = [...lines, `export function shared(name) { switch (name) { ${cases.join('\n')} } }`].join('\n')
  return { contents, resolveDir: root, sourcefile: 'together' }
}

async function bundleLazy(entry) {
  const modules = commonIn(fileOf(entry))
  const stdin = await together(modules, `export * from ${JSON.stringify(entry)}`)
  return bundleApart(modules.length === 0 ? { entryPoints: [entry] } : { stdin }, fileOf(entry))
}

function isLazyFile(file) {
  return [...lazy.keys()].some((entry) => fileOf(entry) === file)
}

function commonIn(file) {
  return [...common.keys()].filter((path) => common.get(path) === file).sort()
}

/** Bundles a file of dist/lazy/ without the modules that are in others. */
function bundleApart(options, name) {
  const homeOf = (path) => (early.has(path) ? '../agent.cjs' : `./${common.get(path) ?? name}`)
  const own = {
    name: 'shared',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^\.\.?\//, namespace: 'file' }, ({ path, resolveDir, kind }) => {
        const file = resolve(resolveDir, path)
        if (kind !== 'import-statement') return undefined
        if (lazy.has(file) && name !== fileOf(file)) {
          imported.set(file, (imported.get(file) ?? new Set()).add(name))
          return { path: `./${fileOf(file)}`, external: true }
        }
        if (homeOf(file) === `./${name}`) return undefined
        if (early.has(file)) shared.add(file)
        return { path: file, namespace: 'shared' }
      })
      // Taken out once: what esbuild makes of an import of CommonJS asks two getters at each use, and costs a request
      // 0.2 to 0.6 us.
      onLoad({ filter: /.*/, namespace: 'shared' }, async ({ path }) => {
        const names = (await exportsOf(path)).join()
        const module = `require(${JSON.stringify(homeOf(path))}).shared(${JSON.stringify(nameOf(path))})`
        return { contents: `export const { ${names} } = ${module}` }
      })
      onResolve({ filter: /.*/, namespace: 'shared' }, ({ path }) => ({ path, external: true }))
    },
  }
  return bundle({ ...options, outfile: join(dist, 'lazy', name) }, [own])
}

/** The names that a module of ours exports. */
async function exportsOf(path) {
  if (/^export let /m.test(readFileSync(path, 'utf8'))) throw new Error(`${path} exports what is assigned anew`)
  const { metafile } = await build({ entryPoints: [path], metafile: true, write: false, format: 'esm' })
  return Object.values(metafile.outputs)[0].exports
}

function bundleProgram(entry) {
  return bundle({ entryPoints: [entry], outfile: join(dist, 'lazy', fileOf(entry)) }, [])
}

/** Of the libraries the plugins need to know the names only. */
async function bundlePlugins() {
  const { INSTRUMENTATIONS } = await import(pathToFileURL(LIST))
  const names = {
    name: 'names of libraries',
    setup({ onLoad }) {
      onLoad({ filter: OURS }, ({ path }) =>
        path === LIST ? { contents: `export const INSTRUMENTATIONS = ${JSON.stringify(INSTRUMENTATIONS)}` } : undefined,
      )
    },
  }
  await build({
    entryPoints: PLUGINS.map((name) => join(dist, `src/bundlers/${name}.js`)),
    outdir: join(dist, 'bundlers'),
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    plugins: [names],
  })
}

/** @returns the paths of what went in */
async function bundle(options, plugins) {
  const folder = dirname(options.outfile) === dist ? './lazy' : '.'
  const { metafile } = await build({
    ...options,
    absWorkingDir: root,
    bundle: true,
    metafile: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20.19',
    minifyWhitespace: true,
    minifySyntax: true,
    logLevel: 'warning',
    plugins: [...plugins, ourRequires(folder)],
  })
  for (const input of Object.keys(metafile.inputs)) {
    const [, name] = /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input) ?? []
    if (name !== undefined) packages.add(name)
  }
  return Object.keys(metafile.inputs)
    .filter((input) => !/^(shared:|version:|together$)/.test(input))
    .map((input) => resolve(root, input))
}

/**
 * The list of instrumentations with the data that a start reads, and without their code: that is required with the
 * first module that is to be patched. Those that listen to channels, and those of AT_START, are imported
 * as they are.
 */
async function listOfData() {
  const { INSTRUMENTATIONS } = await import(pathToFileURL(LIST))
  const lines = []
  const entries = []
  for (const [line, name, file] of readFileSync(LIST, 'utf8').matchAll(/^import \{ (\w+) \} from '(.+)';?$/gm)) {
    const { [name]: instrumentation } = await import(pathToFileURL(resolve(dirname(LIST), file)))
    const entry = isLate(instrumentation) ? lateEntry(instrumentation, name, file) : name
    if (entry === name) lines.push(line)
    entries[INSTRUMENTATIONS.indexOf(instrumentation)] = entry
  }
  const missing = INSTRUMENTATIONS.filter((_, i) => entries[i] === undefined).map(({ name }) => name)
  if (missing.length > 0) throw new Error(`${LIST} does not import ${missing.join()} in a line of its own`)
  return [...lines, `export const INSTRUMENTATIONS = [${entries.join(',\n')}]`].join('\n')
}

function isLate({ name, channels = [] }) {
  return channels.length === 0 && !AT_START.has(name)
}

function lateEntry({ modules = [], measure, ...data }, name, file) {
  const call = (path) => `(...args) => require(${JSON.stringify(file)}).${name}.${path}(...args)`
  const late = modules.map(
    ({ patch: _, ...module }, i) => `{ ...${JSON.stringify(module)}, patch: ${call(`modules[${i}].patch`)} }`,
  )
  const measuring = measure === undefined ? '' : `, measure: ${call('measure')}`
  return `{ ...${JSON.stringify(data)}, modules: [${late.join()}]${measuring} }`
}

/** In our sources `require` is made for ES modules; in a bundle it is CommonJS's own. */
function ourRequires(folder) {
  return {
    name: 'our requires',
    setup({ onResolve, onLoad }) {
      onLoad({ filter: OURS }, async ({ path }) => ({
        contents: (path === LIST ? await listOfData() : readFileSync(path, 'utf8'))
          .replace(DOCUMENTATION, '')
          .replace(/^const require = createRequire\(import\.meta\.url\);?$/m, '')
          .replaceAll('import.meta.url', `require('node:url').pathToFileURL(__filename).href`),
      }))
      onResolve({ filter: /.*/ }, ({ path, importer, resolveDir, kind }) => {
        if (!OURS.test(importer) || (kind !== 'require-call' && kind !== 'require-resolve')) return undefined
        if (path === 'autospan/package.json') return { path, namespace: 'version' }
        if (!path.startsWith('.')) return { path, external: true }
        const file = resolve(resolveDir, path)
        const asked = kind === 'require-call' ? lazy : programs
        asked.set(file, (asked.get(file) ?? new Set()).add(importer))
        return { path: `${folder}/${fileOf(file)}`, external: true }
      })
      onLoad({ filter: /.*/, namespace: 'version' }, () => {
        const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
        return { contents: JSON.stringify({ version }), loader: 'json' }
      })
    },
  }
}

/**
 * A module in two files would be two modules, each with a state of its own. Where the others are loaded by one of those
 * that import it only, it is in that one's file, which is there before. Otherwise those that the same lazy ones import
 * are a file together: whoever loads one of them loads all.
 */
function settleCommon() {
  const files = new Map()
  for (const path of [...new Set([...chunks.values()].flat())].sort()) {
    const entries = entriesWith(path).sort()
    if (lazy.has(path) || entries.length < 2) continue
    const home = entries.find((entry) => entries.every((other) => other === entry || isUnder(other, entry)))
    const key = entries.join()
    if (home === undefined && !files.has(key)) files.set(key, `common-${files.size + 1}.cjs`)
    common.set(path, home === undefined ? files.get(key) : fileOf(home))
  }
}

/** The lazy ones that a module is a part of. */
function entriesWith(path) {
  return [...chunks.keys()].filter((entry) => chunks.get(entry).includes(path))
}

/** Whether nobody loads `entry` but parts of `home`, when they run, and what they load. */
function isUnder(entry, home) {
  const isLater = (other) => other !== entry && isUnder(other, home)
  const importers = [...(imported.get(entry) ?? [])].map((name) =>
    [...lazy.keys()].find((path) => fileOf(path) === name),
  )
  return (
    importers.every(isLater) &&
    [...lazy.get(entry)].every((asker) => {
      const entries = entriesWith(asker)
      return entries.length > 0 && entries.every((other) => other === home || isLater(other))
    })
  )
}

function licences() {
  return [...packages]
    .sort()
    .map((name) => {
      const folder = join(root, 'node_modules', name)
      const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
      return `${name} ${version}\n\n${readFileSync(join(folder, 'LICENSE'), 'utf8').trim()}\n`
    })
    .join(`\n${'-'.repeat(80)}\n\n`)
}

function contradictions() {
  const problems = []
  for (const [entry, [asker]] of lazy) {
    if (early.has(entry))
      problems.push(
        `${nameOf(entry)} is required by ${nameOf(asker)} to be loaded late, and imported by what is loaded at start`,
      )
  }
  // Imports of packages are not followed to their files.
  for (const path of common.keys()) {
    if (!OURS.test(path)) problems.push(`${nameOf(path)} is in two files: import it in one module only`)
  }
  return problems
}

function refuse(problems) {
  for (const problem of problems) console.error(`tools/bundle.mjs: ${problem}`)
  if (problems.length > 0) process.exitCode = 1
}

function fileOf(path) {
  return nameOf(path)
    .replace(/^src\//, '')
    .replaceAll('/', '-')
    .replace(/\.js$/, '.cjs')
}

function nameOf(path) {
  return relative(dist, path).replaceAll(sep, '/')
}
