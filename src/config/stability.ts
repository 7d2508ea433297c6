import { split, type Type } from './parse.js'

const DUPLICATED = '/dup'

/**
 * Areas of the semantic conventions, as agents that have had other names before need them. This one has stable names
 * only; who asks for the old ones besides them is told that they do not come.
 */
export const stability: Type<readonly string[]> = {
  name: 'list of areas, such as http,database',
  parse(text) {
    const areas = split(text.toLowerCase())
    if (areas.length === 0) return { value: undefined }
    const value = [...new Set(areas.map((area) => area.replace(DUPLICATED, '')))]
    if (!areas.some((area) => area.endsWith(DUPLICATED))) return { value }
    return { value, problem: 'asks for the old names too, and the agent has the stable ones only' }
  },
  show: (value) => value.join(','),
}
