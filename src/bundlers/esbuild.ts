import { readFile } from 'node:fs/promises'
import type { Plugin } from 'esbuild'
import { CANDIDATES, withHandOver } from './hand-over.js'

/** For esbuild's `plugins`: libraries that are inlined are traced as those in node_modules are. */
export function autospan(): Plugin {
  return {
    name: 'autospan',
    setup(build) {
      build.onLoad({ filter: CANDIDATES, namespace: 'file' }, async ({ path }) => {
        const contents = withHandOver(path, await readFile(path, 'utf8'))
        return contents === undefined ? undefined : { contents, loader: 'js' }
      })
    },
  }
}
