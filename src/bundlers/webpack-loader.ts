import { withHandOver } from './hand-over.js'

interface LoaderContext {
  readonly resourcePath: string
}

/** webpack's loader: gives the code of a module as it is to go into the bundle. */
export default function load(this: LoaderContext, code: string): string {
  return withHandOver(this.resourcePath, code) ?? code
}
