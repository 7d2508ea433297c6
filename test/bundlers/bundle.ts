import { join } from 'node:path'
import { build, type Plugin } from 'esbuild'
import { temporaryFolder } from '../harness/folder.js'
import type { Owner } from '../harness/owner.js'
import { root } from '../harness/program.js'

export interface BundleOptions {
  readonly format: 'cjs' | 'esm'
  readonly minify?: boolean
  readonly plugins?: readonly Plugin[]
  readonly external?: readonly string[]
}

/** What CommonJS modules expect of their surroundings, in a bundle that is an ES module. */
const SURROUNDINGS = [
  `import { createRequire } from 'node:module'`,
  `const require = createRequire(import.meta.url)`,
  `const __filename = import.meta.filename, __dirname = import.meta.dirname`,
].join('\n')

/** Bundles a program of test/apps with all its libraries by esbuild. @returns the path of the one file */
export async function bundle(owner: Owner, app: string, options: BundleOptions): Promise<string> {
  const { format, minify = false, plugins = [], external = [] } = options
  const outfile = join(temporaryFolder(owner), `app.${format === 'esm' ? 'mjs' : 'cjs'}`)
  await build({
    entryPoints: [join(root, 'test/apps', app)],
    bundle: true,
    platform: 'node',
    format,
    minify,
    outfile,
    plugins: [...plugins],
    external: ['pg-native', ...external],
    banner: format === 'esm' ? { js: SURROUNDINGS } : {},
    logLevel: 'error',
  })
  return outfile
}
