import { createRequire } from 'node:module'
import { TOKEN } from './pairs.js'
import { names, split, type Type } from './parse.js'

const require = createRequire(import.meta.url)

/** Names of headers in lower case; what is none is left out. */
export const headerNames: Type<readonly string[]> = {
  ...names,
  name: 'list of header names',
  parse(text) {
    const entries = split(text)
    const wrong = entries.filter((entry) => !isHeaderName(entry))
    if (wrong.length === 0) return names.parse(text)
    const { wrongHeaderNames } = require('./complaint.js') as typeof import('./complaint.js')
    const { value } = names.parse(entries.filter(isHeaderName).join(','))
    return { value, problem: wrongHeaderNames(wrong, entries.length) }
  },
}

/** A header may have `*` in its name, but none has: whoever writes it means any text. */
function isHeaderName(entry: string): boolean {
  return TOKEN.test(entry) && !entry.includes('*')
}
