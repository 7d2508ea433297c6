import { authorityEnd } from '../../src/instrumentation/url.js'
import type { AnyFunction } from '../../src/instrumentation/wrap.js'

/** What routes and `use` take for a path. */
export type Path = string | RegExp | readonly Path[]

export interface Route {
  readonly path: Path
}

/** An entry of a router's stack: a route, or what was given to `use`. */
export interface Layer {
  readonly handle: AnyFunction
  readonly route?: Route
  match(url: string): unknown
}

interface MatchOptions {
  readonly sensitive: boolean | undefined
  readonly strict: boolean | undefined
  readonly end: boolean
}

/** Tells which of several paths matches a URL, in the way of `layer`'s kind. */
export function chooser(path: readonly Path[], layer: Layer, options: MatchOptions): (url: string) => string {
  const paths = (path as readonly unknown[]).flat(Number.POSITIVE_INFINITY) as (string | RegExp)[]
  const Layer = layer.constructor as new (path: Path, options: MatchOptions, handle: () => void) => Layer
  const layers = paths.map((path) => new Layer(stateless(path), options, () => {}))
  return (url) => {
    const index = layers.findIndex((layer) => layer.match(url))
    return index === -1 ? paths.map(textOf).join('|') : textOf(paths[index] as Path)
  }
}

/** A copy of a regular expression whose use does not move the program's. */
function stateless(path: string | RegExp): string | RegExp {
  return path instanceof RegExp ? new RegExp(path, path.flags.replace(/[gy]/g, '')) : path
}

/** The text of one path: a regular expression as it is written, a string without the slash at its end. */
export function textOf(path: Path): string {
  return typeof path === 'string' && path.endsWith('/') ? path.slice(0, -1) : String(path)
}

/** The template of what a router at `prefix` has below `template`. */
export function join(prefix: string, template: string): string {
  if (template === '/' || template === '') return prefix
  return prefix === '' || template.startsWith('/') ? prefix + template : `${prefix}/${template}`
}

/** Without scheme, authority and query. */
export function pathOf(url: string): string {
  const scheme = url.startsWith('/') ? -1 : url.indexOf('://')
  const start = scheme === -1 ? 0 : authorityEnd(url, scheme + 3)
  const end = url.slice(start).search(/[?#]/)
  return end === -1 ? url.slice(start) : url.slice(start, start + end)
}
