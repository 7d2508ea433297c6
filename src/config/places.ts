import { createRequire } from 'node:module'
import { type Type, texts } from './parse.js'

const require = createRequire(import.meta.url)

/** Hosts without port and scheme; `*` is any text. Of what is more than that the host counts. */
export const hosts: Type<readonly string[]> = {
  ...texts,
  name: 'list of hosts',
  parse: (text) => load().parseHosts(text),
}

/** Paths without query; `*` is any text. */
export const paths: Type<readonly string[]> = {
  ...texts,
  name: 'list of paths',
  parse: (text) => load().parsePaths(text),
}

function load(): typeof import('./place-texts.js') {
  return require('./place-texts.js') as typeof import('./place-texts.js')
}
