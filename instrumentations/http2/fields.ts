import type { HeaderValue } from '../../src/instrumentation/http-rules.js'

/** By names in lower case. */
export type Fields = Readonly<Record<string, HeaderValue>>

/** As programs give them: names and values by turns, or an object. */
export type Headers = readonly (string | string[])[] | Record<string, HeaderValue> | undefined

/** What else node:http2 may be given it has to refuse itself. */
export function isHeaders(headers: unknown): headers is Headers {
  if (Array.isArray(headers)) return headers.length % 2 === 0
  return headers === undefined || (typeof headers === 'object' && headers !== null)
}

export function fieldsOf(headers: Headers): Fields {
  const fields: Record<string, HeaderValue> = {}
  if (!Array.isArray(headers)) {
    for (const [name, value] of Object.entries(headers ?? {})) fields[name.toLowerCase()] = value
    return fields
  }
  for (let i = 0; i < headers.length; i += 2) {
    const name = String(headers[i]).toLowerCase()
    const value = headers[i + 1] as HeaderValue
    const known = fields[name]
    fields[name] = known === undefined ? value : ([known, value].flat() as string[])
  }
  return fields
}

/** With the symbol by which programs mark headers as sensitive. */
export function copyList<Item>(headers: readonly Item[]): Item[] {
  return Object.assign([], headers)
}
