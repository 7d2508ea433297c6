import { quoted } from './complaint.js'
import { type Parsed, split } from './parse.js'

/** How an entry is understood, and what is wrong with it; without a value it is left out. */
interface Understood {
  readonly value?: string
  readonly problem?: string
}

/** A list of which nothing can be used is empty, and allows nothing. */
export function parseHosts(text: string): Parsed<readonly string[]> {
  return parseEach(text, (entry) => {
    const value = hostIn(entry)
    if (value === entry || `[${value}]` === entry) return { value }
    // `*:8080` is not meant for all ports.
    if (/^[*.]*$/.test(value)) return { problem: 'no host' }
    return { value, problem: 'more than a host' }
  })
}

export function parsePaths(text: string): Parsed<readonly string[]> {
  return parseEach(text, (entry) => {
    if (/[?#]|:\/\//.test(entry)) return { problem: 'more than a path' }
    if (/^[/*]/.test(entry)) return { value: entry }
    return { value: `/${entry}`, problem: 'a path without its first /' }
  })
}

/** As it is, unless it is too long for a line or not printable. */
export function showPlaces(places: readonly string[]): string {
  const list = places.join(',') || 'none'
  const inQuotes = quoted(list)
  return inQuotes === `"${list}"` ? list : inQuotes
}

function parseEach(text: string, understand: (entry: string) => Understood): Parsed<readonly string[]> {
  const values = new Set<string>()
  let complaint: string | undefined
  for (const entry of split(text)) {
    const { value, problem } = understand(entry)
    if (value !== undefined) values.add(value)
    if (problem !== undefined) complaint ??= `holds ${quoted(entry)}, which is ${problem}`
  }
  if (complaint !== undefined) return { value: [...values], problem: complaint }
  return { value: values.size === 0 ? undefined : [...values] }
}

/** Of a URL, or of a host with a port. IPv6 addresses are told without brackets. */
function hostIn(entry: string): string {
  const [authority = ''] = entry.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '').split(/[/?#]/, 1)
  const host = authority.slice(authority.lastIndexOf('@') + 1)
  return /^\[(.*)\](?::\d*)?$/.exec(host)?.[1] ?? host.replace(/^([^:]*):[^:]*$/, '$1')
}
