import { createRequire } from 'node:module'
import type { HttpSettings } from '../instrumentation/http-rules.js'
import { split, type Type } from './parse.js'
import type { Settings } from './settings.js'

const require = createRequire(import.meta.url)

/** Entries as they are written, such as methods, which are case-sensitive, and paths. */
export const texts: Type<readonly string[]> = {
  name: 'list',
  parse(text) {
    const entries = split(text)
    return { value: entries.length === 0 ? undefined : [...new Set(entries)] }
  },
  show: (value) => value.join(',') || 'none',
}

/** Regular expressions for whole names, in any case; what is none is left out. */
export const patterns: Type<readonly RegExp[]> = {
  name: 'list of regular expressions',
  parse(text) {
    const { parsePatterns } = require('./pattern-texts.js') as typeof import('./pattern-texts.js')
    return parsePatterns(text)
  },
  show: (value) => value.map(({ source }) => source.slice(4, -2)).join(',') || 'none',
}

/** Undefined where nothing is set, and the instrumentations do what they do by themselves. */
export function readHttp(settings: Settings): HttpSettings | undefined {
  const headersOf = (side: 'CLIENT' | 'SERVER') => ({
    request: settings.read(`OTEL_INSTRUMENTATION_HTTP_${side}_CAPTURE_REQUEST_HEADERS`) ?? [],
    response: settings.read(`OTEL_INSTRUMENTATION_HTTP_${side}_CAPTURE_RESPONSE_HEADERS`) ?? [],
  })
  const config = {
    client: headersOf('CLIENT'),
    server: headersOf('SERVER'),
    sanitised: settings.read('OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SANITIZE_FIELDS'),
    knownMethods: settings.read('OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS'),
    ignoredPaths: settings.read('AUTOSPAN_HTTP_IGNORE_PATHS') ?? [],
    ignoredHosts: settings.read('AUTOSPAN_HTTP_IGNORE_HOSTS') ?? [],
    propagateTo: settings.read('AUTOSPAN_HTTP_PROPAGATE_TO'),
    noPropagationTo: settings.read('AUTOSPAN_HTTP_NO_PROPAGATION_TO') ?? [],
    skipsSigned: settings.read('AUTOSPAN_HTTP_SKIP_SIGNED'),
  }
  const { client, server, knownMethods, propagateTo, ...others } = config
  const lists = [client.request, client.response, server.request, server.response]
  const isSet =
    knownMethods !== undefined ||
    propagateTo !== undefined ||
    !others.skipsSigned ||
    [...lists, others.ignoredPaths, others.ignoredHosts, others.noPropagationTo].some((list) => list.length > 0)
  return isSet ? Object.freeze(config) : undefined
}
