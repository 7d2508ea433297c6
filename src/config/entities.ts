import { percentDecoded } from './pairs.js'
import type { Type } from './parse.js'

/** `type{id=value,…}[description=value,…]@schema`, of which the URL of the schema has no place in a resource. */
const ENTITY = /^([a-z][\w.-]*)\{([^{}[\]@;]+)\}(?:\[([^{}[\]@;]*)\])?(?:@.*)?$/i
const PAIR = /^([a-z][\w.-]*)=([^{}[\]@;,=]*)$/i

/**
 * Entities that whoever started the process knows of it, separated by semicolons, as attributes of the resource. Of a
 * type the last one counts, and what is malformed is left out (entities/entity-propagation.md of the specification).
 */
export const entities: Type<ReadonlyMap<string, string>> = {
  name: 'list of type{key=value}[key=value], separated by ;',
  parse(text) {
    const byType = new Map<string, readonly (readonly [string, string])[]>()
    const faults: string[] = []
    for (const [index, entry] of text.split(';').entries()) {
      const definition = entry.trim()
      if (definition === '') continue
      const [, type = '', identity = '', description = ''] = ENTITY.exec(definition) ?? []
      const pairs = pairsOf(description === '' ? identity : `${identity},${description}`)
      if (pairs === undefined) faults.push(`entity ${index + 1} is not type{key=value}[key=value]`)
      else if (byType.has(type)) faults.push(`there are several of type ${type}`)
      if (pairs !== undefined) byType.set(type, pairs)
    }
    const value = new Map([...byType.values()].flat())
    return faults.length === 0 ? { value } : { value, problem: `is not as it should be: ${faults.join(', ')}` }
  },
  show: (value) => Array.from(value, ([key, text]) => `${key}=${text}`).join(',') || 'none',
}

/** Undefined where one of them is none, or where there is none. */
function pairsOf(text: string): (readonly [string, string])[] | undefined {
  const pairs: (readonly [string, string])[] = []
  for (const pair of text.split(',')) {
    const [, key, raw = ''] = PAIR.exec(pair.trim()) ?? []
    const value = percentDecoded(raw)
    if (key === undefined || value === undefined) return undefined
    pairs.push([key, value])
  }
  return pairs
}
