import { fileURLToPath } from 'node:url'
import { CANDIDATES } from './hand-over.js'

/** What the plugin needs of webpack's compiler. */
interface Compiler {
  readonly options: { readonly module: { readonly rules: unknown[] } }
}

/** For the `plugins` of webpack and rspack: libraries that are inlined are traced as those in node_modules are. */
export function autospan(): { apply(compiler: Compiler): void } {
  const loader = fileURLToPath(new URL('./webpack-loader.js', import.meta.url))
  return {
    apply({ options }) {
      options.module.rules.push({ test: CANDIDATES, enforce: 'pre', use: [{ loader }] })
    },
  }
}
