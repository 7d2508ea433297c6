import { withHandOver } from './hand-over.js'

/** What rollup, rolldown and vite have in common. */
export interface RollupPlugin {
  readonly name: string
  readonly enforce: 'pre'
  readonly transform: {
    readonly order: 'pre'
    handler(code: string, id: string): { code: string; map: null } | undefined
  }
}

/** For the `plugins` of rollup, rolldown and vite: libraries that are inlined are traced as those in node_modules are. */
export function autospan(): RollupPlugin {
  return {
    name: 'autospan',
    enforce: 'pre',
    transform: {
      // Before CommonJS is made into ES modules: what is added is of the same kind as the file.
      order: 'pre',
      handler(code, id) {
        const added = withHandOver(id.replace(/\?.*$/, ''), code)
        // Lines are added behind all others, so that a source map stays true.
        return added === undefined ? undefined : { code: added, map: null }
      },
    },
  }
}
