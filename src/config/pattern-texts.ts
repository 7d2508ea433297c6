import { quoted } from './complaint.js'
import { type Parsed, split } from './parse.js'

export function parsePatterns(text: string): Parsed<readonly RegExp[]> {
  const value: RegExp[] = []
  let problem: string | undefined
  for (const entry of split(text)) {
    try {
      value.push(new RegExp(`^(?:${entry})$`, 'i'))
    } catch {
      problem ??= `holds ${quoted(entry)}, which is no regular expression`
    }
  }
  return problem === undefined ? { value } : { value: value.length === 0 ? undefined : value, problem }
}
