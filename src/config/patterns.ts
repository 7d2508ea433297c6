import { createRequire } from 'node:module'
import type { Type } from './parse.js'

const require = createRequire(import.meta.url)

/** Regular expressions for whole names, in any case; what is none is left out. */
export const patterns: Type<readonly RegExp[]> = {
  name: 'list of regular expressions',
  parse(text) {
    const { parsePatterns } = require('./pattern-texts.js') as typeof import('./pattern-texts.js')
    return parsePatterns(text)
  },
  show: (value) => value.map(({ source }) => source.slice(4, -2)).join(',') || 'none',
}
