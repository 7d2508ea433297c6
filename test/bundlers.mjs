// node test/bundlers.mjs [rollup|rolldown|vite|webpack ...]: bundles a test program by each of them, with the plugin of
// this agent, as CommonJS and as ES modules, minified where the bundler does that (by webpack the former only), and
// compares what is traced with the program as it is. The bundlers come from npm and stay in .bundlers. Needs the compiled
// tests.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const { owning } = await import(join(root, 'dist/test/harness/owner.js'))
const { startWire } = await import(join(root, 'dist/test/harness/postgres-wire.js'))
const { traceOf } = await import(join(root, 'dist/test/harness/program.js'))
const { autospan: forRollup } = await import(join(root, 'dist/src/bundlers/rollup.js'))
const { autospan: forWebpack } = await import(join(root, 'dist/src/bundlers/webpack.js'))

const folder = join(root, '.bundlers')
const input = join(root, 'test/apps/bundled/shop.mjs')
const external = ['pg-native']
const PACKAGES = {
  rollup: ['rollup@4', '@rollup/plugin-commonjs@29', '@rollup/plugin-json@6', '@rollup/plugin-node-resolve@16'],
  rolldown: ['rolldown@1'],
  vite: ['vite@8'],
  webpack: ['webpack@5'],
}

/** Each writes one file: `format` is `es` or `cjs`. */
const BUNDLERS = {
  async rollup(format, output) {
    const { rollup } = await installed('rollup')
    const { default: commonjs } = await installed('@rollup/plugin-commonjs')
    const { default: json } = await installed('@rollup/plugin-json')
    const { default: resolve } = await installed('@rollup/plugin-node-resolve')
    const others = [resolve({ preferBuiltins: true }), commonjs({ ignoreDynamicRequires: true }), json()]
    const bundle = await rollup({ input, external, plugins: [forRollup(), ...others], onwarn() {} })
    await bundle.write({ file: output, format, inlineDynamicImports: true })
  },

  async rolldown(format, output) {
    const { rolldown } = await installed('rolldown')
    const bundle = await rolldown({ input, external, platform: 'node', plugins: [forRollup()] })
    await bundle.write({ file: output, format, minify: true })
  },

  async vite(format, output) {
    const { build } = await installed('vite')
    await build({
      configFile: false,
      logLevel: 'error',
      root: dirname(output),
      plugins: [forRollup()],
      ssr: { target: 'node', noExternal: true, external },
      build: {
        ssr: input,
        minify: true,
        outDir: dirname(output),
        rollupOptions: { output: { format, entryFileNames: output.slice(dirname(output).length + 1) } },
      },
    })
  },

  async webpack(format, output) {
    const { default: webpack } = await installed('webpack')
    const stats = await new Promise((resolve, reject) => {
      const options = {
        mode: 'production',
        target: 'node20',
        entry: input,
        externals: { 'pg-native': 'commonjs pg-native' },
        // That takes most of the time: one format is enough.
        optimization: { minimize: format === 'cjs' },
        output: { path: dirname(output), filename: output.slice(dirname(output).length + 1) },
        plugins: [forWebpack()],
      }
      if (format === 'es') {
        options.experiments = { outputModule: true }
        options.output = { ...options.output, module: true, library: { type: 'module' } }
      }
      webpack(options, (error, stats) => (error === null ? resolve(stats) : reject(error)))
    })
    if (stats.hasErrors()) throw new Error(stats.toString({ all: false, errors: true }))
  },
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !Object.hasOwn(BUNDLERS, name))
if (unknown.length > 0) {
  console.error(`usage: node test/bundlers.mjs [${Object.keys(BUNDLERS).join('|')} ...]`)
  process.exit(1)
}

let failed = false
await owning(async (owner) => {
  const env = { DATABASE_URL: await startWire(owner) }
  const options = { requests: ['/items/tea', '/fail'] }
  const expected = await traceOf(input, env, options)
  for (const name of wanted.length > 0 ? wanted : Object.keys(BUNDLERS)) {
    install(PACKAGES[name])
    for (const format of ['cjs', 'es']) {
      const output = join(folder, `out-${name}-${format}`, format === 'es' ? 'shop.mjs' : 'shop.cjs')
      rmSync(dirname(output), { recursive: true, force: true })
      mkdirSync(dirname(output), { recursive: true })
      await BUNDLERS[name](format, output)
      const drawn = await traceOf(output, env, options)
      console.log(`${name} ${format}: ${drawn === expected ? 'traced as not bundled' : `NOT AS EXPECTED:${drawn}`}`)
      failed ||= drawn !== expected
    }
  }
})
process.exitCode = failed ? 1 : 0

function install(packages) {
  mkdirSync(folder, { recursive: true })
  if (!existsSync(join(folder, 'package.json'))) writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
  const flags = ['--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund', '--silent', '--prefer-offline']
  const { status } = spawnSync('npm', ['install', ...flags, '--prefix', folder, ...packages], { stdio: 'inherit' })
  if (status !== 0) throw new Error(`npm could not install ${packages.join(' ')}`)
}

function installed(name) {
  const require = createRequire(join(folder, 'index.js'))
  return import(pathToFileURL(require.resolve(name)).href)
}
