import { createRequire } from 'node:module'
import { absolutePath } from './path.js'

const require = createRequire(import.meta.url)

/** What was made of a text that is neither empty nor surrounded by blanks. */
export interface Parsed<T> {
  /** Undefined when nothing of the text can be used: the variable then counts as unset. */
  readonly value: T | undefined
  /** What is wrong, as the predicate of a sentence about the text: `is not known`. Undefined when nothing is. */
  readonly problem?: string
}

/** How a variable's text is understood, documented and told of. */
export interface Type<T> {
  /** As the documentation names it. */
  readonly name: string
  parse(text: string): Parsed<T>
  /** A value as a line shows it; never a secret. */
  show(value: T): string
  /** The user's text as a line may repeat it; undefined where nothing of it may be seen. Default: all of it. */
  mask?(text: string): string | undefined
}

/** The largest integer that the specification asks for, and the largest delay that Node's timers take. */
const MAX_INTEGER = 2 ** 31 - 1

export const text: Type<string> = {
  name: 'string',
  parse: (text) => ({ value: text }),
  show: (value) => value,
}

/** `true` and `false` in any case. Anything else is refused, so that what is switched on or off stays as it was. */
export const boolean: Type<boolean> = {
  name: 'boolean',
  parse(text) {
    const lower = text.toLowerCase()
    if (lower === 'true' || lower === 'false') return { value: lower === 'true' }
    return { value: undefined, problem: 'is neither true nor false' }
  },
  show: String,
}

/** A decimal integer from `least` to `most`. */
export function integer(least: number, most: number = MAX_INTEGER): Type<number> {
  const name = most === MAX_INTEGER ? `integer, ${least} or more` : `integer from ${least} to ${most}`
  return wholeNumber(name, `a whole number from ${least} to ${most}`, least, most)
}

export const count: Type<number> = integer(0)
export const positive: Type<number> = integer(1)

const MILLISECONDS = `a whole number of milliseconds from 0 to ${MAX_INTEGER}`

/** Milliseconds, 0 or more. */
export const duration: Type<number> = wholeNumber('duration in milliseconds', MILLISECONDS, 0)

/** Milliseconds; 0 is no limit, which is read as `Infinity`. */
export const timeout: Type<number> = {
  name: 'timeout in milliseconds, 0 for none',
  parse(text) {
    const parsed = duration.parse(text)
    return parsed.value === 0 ? { value: Number.POSITIVE_INFINITY } : parsed
  },
  show: (value) => (value === Number.POSITIVE_INFINITY ? 'no limit' : String(value)),
}

function wholeNumber(name: string, expected: string, least: number, most: number = MAX_INTEGER): Type<number> {
  return {
    name,
    parse(text) {
      const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
      return value >= least && value <= most ? { value } : { value: undefined, problem: `is not ${expected}` }
    },
    show: String,
  }
}

/** A decimal number from 0 to 1. */
export const ratio: Type<number> = {
  name: 'ratio from 0 to 1',
  parse(text) {
    const value = /^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN
    return value >= 0 && value <= 1 ? { value } : { value: undefined, problem: 'is not a number from 0 to 1' }
  },
  show: String,
}

/**
 * One of `values`, in any case.
 *
 * @param unsupported values of the specification that the agent does not have, in lower case
 */
export function oneOf<V extends string>(values: readonly V[], unsupported: readonly string[] = []): Type<V> {
  return {
    name: `one of ${values.join(', ')}`,
    parse(text) {
      const value = values.find((value) => value.toLowerCase() === text.toLowerCase())
      return value === undefined
        ? { value, problem: complaint().unknownNames([text], 1, values, unsupported) }
        : { value }
    },
    show: (value) => value,
  }
}

/**
 * A comma-separated list of `values`, in any case and without duplicates; `none` alone is the empty list. What is
 * known of a list is used even if something else in it is not.
 */
export function listOf<V extends string>(
  values: readonly V[],
  unsupported: readonly string[] = [],
): Type<readonly Exclude<V, 'none'>[]> {
  return {
    name: `list of ${values.join(', ')}`,
    parse(text) {
      const entries = split(text)
      const found = new Set<string>()
      const unknown: string[] = []
      for (const entry of entries) {
        const value = values.find((value) => value === entry.toLowerCase())
        if (value === undefined) unknown.push(entry)
        else found.add(value)
      }
      const problems: string[] = []
      if (unknown.length > 0) problems.push(complaint().unknownNames(unknown, entries.length, values, unsupported))
      if (found.size > 1 && found.has('none')) problems.push('names none beside others')
      const value = found.size === 0 ? undefined : ([...found].filter((entry) => entry !== 'none') as never[])
      return problems.length === 0 ? { value } : { value, problem: problems.join(' and ') }
    },
    show: (value) => value.join(',') || 'none',
  }
}

/** A comma-separated list without duplicates, as it is written, such as methods, which are case-sensitive, and paths. */
export const texts: Type<readonly string[]> = {
  name: 'list',
  parse(text) {
    const entries = [...new Set(split(text))]
    return { value: entries.length === 0 ? undefined : entries }
  },
  show: (value) => value.join(',') || 'none',
}

/** The same of names in lower case; which ones are known is not its matter. */
export const names: Type<readonly string[]> = {
  ...texts,
  name: 'list of names',
  parse: (text) => texts.parse(text.toLowerCase()),
}

/** The entries of a comma-separated list, without blanks around them and without the empty ones. */
export function split(text: string): string[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
}

const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i
/** What follows `localhost` in `localhost:4318` is a port; in `unix:/run/c.sock` it is not. */
const OTHER_SCHEME = /^[a-z][a-z0-9+.-]*:(?!\d)/i

/** A unix socket as gRPC names it, with an absolute path or one from the current folder. */
const UNIX_SOCKET = /^unix:(?:\/\/(?=\/))?((?!\/\/).+)$/i

/**
 * An http or https URL, or a unix socket, as `unix:/run/c.sock` or as the host of `http+unix://%2Frun%2Fc.sock/path`,
 * which it is read as. Where the scheme is missing, as in `localhost:4318`, http is assumed, and said.
 */
export const url: Type<URL> = {
  name: 'URL',
  parse(text) {
    const socketPath = UNIX_SOCKET.exec(text)?.[1]
    if (socketPath !== undefined) return { value: socketUrl(socketPath) }
    if (SCHEME.test(text)) return parseUrl(text, ['http:', 'https:', 'http+unix:'])
    if (OTHER_SCHEME.test(text) || /^([/:]|\d+$|https?\/\/)/i.test(text)) return NO_URL
    const assumed = parseUrl(`http://${text}`, ['http:'])
    return assumed.value === undefined ? assumed : { value: assumed.value, problem: 'has no scheme' }
  },
  // Only what tells where a request goes: user, password and query may be secrets.
  show: (value) => `${value.protocol}//${value.host}${value.pathname}${value.search === '' ? '' : '?***'}`,
  mask: (text) => text.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, '$1***@').replace(/\?.*/s, '?***'),
}

/** The http or https URL of a proxy; without a scheme, as is usual, it is http. */
export const proxyUrl: Type<URL> = {
  ...url,
  parse: (text) => parseUrl(SCHEME.test(text) ? text : `http://${text}`, ['http:', 'https:']),
}

const NO_URL: Parsed<URL> = { value: undefined, problem: 'is not an http or https URL' }

/** A name or an address, and perhaps a port. The URL parser takes quotes and what a shell has not replaced, as in `${HOST}`. */
const HOST = /^([\w.-]+|\[[\da-f:.]+\])(:\d+)?$/

function parseUrl(text: string, protocols: readonly string[]): Parsed<URL> {
  // The URL parser strips and escapes blanks where it should refuse them.
  const value = URL.canParse(text) && !/\s/.test(text) ? new URL(text) : undefined
  if (value === undefined || !protocols.includes(value.protocol)) return NO_URL
  return HOST.test(value.host) || (value.protocol === 'http+unix:' && value.host !== '') ? { value } : NO_URL
}

function socketUrl(path: string): URL {
  return new URL(`http+unix://${encodeURIComponent(absolutePath(path))}`)
}

/** Loaded for those who spell badly. */
function complaint(): typeof import('./complaint.js') {
  return require('./complaint.js') as typeof import('./complaint.js')
}
