import { isAbsolute } from 'node:path'
import type { Type } from './parse.js'

/** A boolean; or an absolute path, by which `autospan doctor` has the number of problems told. */
export const doctor: Type<string> = {
  name: 'boolean',
  parse(text) {
    const lower = text.toLowerCase()
    if (lower === 'true' || lower === '1') return { value: 'true' }
    if (lower === 'false' || lower === '0') return { value: 'false' }
    return isAbsolute(text) ? { value: text } : { value: undefined, problem: 'is neither true nor false' }
  },
  show: (value) => value,
}
