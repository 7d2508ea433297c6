import { createRequire } from 'node:module'
import type { Type } from './parse.js'

const require = createRequire(import.meta.url)

/** Hosts without port and scheme; `*` is any text. Of what is more than that the host counts. */
export const hosts: Type<readonly string[]> = {
  name: 'list of hosts',
  parse: (text) => load().parseHosts(text),
  show: (value) => load().showPlaces(value),
}

/** Paths without query; `*` is any text. */
export const paths: Type<readonly string[]> = {
  name: 'list of paths',
  parse: (text) => load().parsePaths(text),
  show: (value) => load().showPlaces(value),
}

function load(): typeof import('./place-texts.js') {
  return require('./place-texts.js') as typeof import('./place-texts.js')
}
