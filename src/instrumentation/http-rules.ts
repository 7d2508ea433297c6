import type { IncomingMessage } from 'node:http'
import type { Span } from '@opentelemetry/api'
import type { AttributeList } from '../trace/attributes.js'
import { glob } from '../trace/glob.js'
import { ownText } from '../trace/own-text.js'
import { setKnownMethods } from './http.js'

const REDACTED = '[REDACTED]'
const SECRET = /authorization|cookie|session|secret|passw|token|credential|api-?key|signature/i
/** Values of one header that are captured. */
const MAX_VALUES = 20

/** A header's value as node:http and undici have it; a list where it was sent several times. */
export type HeaderValue = string | number | readonly string[] | undefined

/** Which headers of requests and responses are captured on one side, by names in lower case. */
export interface CapturedHeaders {
  readonly request: readonly string[]
  readonly response: readonly string[]
}

/** What is wanted of HTTP; `*` in paths and hosts is any text. */
export interface HttpSettings {
  readonly client: CapturedHeaders
  readonly server: CapturedHeaders
  /** Captured headers whose values are not shown; undefined for those that are named like secrets. */
  readonly sanitised: readonly RegExp[] | undefined
  /** Instead of the conventions' own. */
  readonly knownMethods: readonly string[] | undefined
  /** Of requests that are served without a span. */
  readonly ignoredPaths: readonly string[]
  /** To which requests are sent without a span. */
  readonly ignoredHosts: readonly string[]
  /** The only ones that learn of traces; undefined for all. */
  readonly propagateTo: readonly string[] | undefined
  readonly noPropagationTo: readonly string[]
  /** Requests that are signed get no headers. */
  readonly skipsSigned: boolean
}

/** What the user wants of HTTP that is not so by itself. */
export class HttpRules {
  readonly client: CapturedHeaders
  readonly server: CapturedHeaders
  readonly skipsSigned: boolean
  readonly #sanitised: readonly RegExp[]
  readonly #ignoredPaths: readonly RegExp[]
  readonly #ignoredHosts: readonly RegExp[]
  readonly #propagateTo: readonly RegExp[] | undefined
  readonly #noPropagationTo: readonly RegExp[]

  constructor(config: HttpSettings) {
    if (config.knownMethods !== undefined) setKnownMethods(config.knownMethods)
    this.client = config.client
    this.server = config.server
    this.skipsSigned = config.skipsSigned
    this.#sanitised = config.sanitised ?? [SECRET]
    this.#ignoredPaths = config.ignoredPaths.map(caseless)
    this.#ignoredHosts = config.ignoredHosts.map(caseless)
    this.#propagateTo = config.propagateTo?.map(caseless)
    this.#noPropagationTo = config.noPropagationTo.map(caseless)
  }

  /** Whether a served request is to have no span, and nothing below it. `target` is its path, a query may follow. */
  ignoresPath(target: string): boolean {
    if (this.#ignoredPaths.length === 0) return false
    const question = target.indexOf('?')
    const path = question === -1 ? target : target.slice(0, question)
    return this.#ignoredPaths.some((pattern) => pattern.test(path))
  }

  /** Whether a request to a host is to have no span. */
  ignoresHost(host: string): boolean {
    return this.#ignoredHosts.some((pattern) => pattern.test(host))
  }

  /** Whether a host may learn of the trace. */
  propagatesTo(host: string): boolean {
    const isAllowed = this.#propagateTo?.some((pattern) => pattern.test(host)) ?? true
    return isAllowed && !this.#noPropagationTo.some((pattern) => pattern.test(host))
  }

  /** Appends the captured ones among headers, `names` in lower case, as the conventions call them. */
  captureInto(
    attributes: AttributeList,
    kind: 'request' | 'response',
    names: readonly string[],
    headerOf: (name: string) => HeaderValue,
  ): AttributeList {
    for (const name of names) {
      const value = headerOf(name)
      if (value === undefined) continue
      const values = (Array.isArray(value) ? value : [value])
        .slice(0, MAX_VALUES)
        .map((value) => ownText(String(value)))
      const isSecret = this.#sanitised.some((pattern) => pattern.test(name))
      attributes.push(`http.${kind}.header.${name}`, isSecret ? values.map(() => REDACTED) : values)
    }
    return attributes
  }

  /** Of a message that came in, with all its values as they were sent; tests of programs make messages that lack some. */
  receivedHeader({ headers, headersDistinct }: Partial<IncomingMessage>, name: string): HeaderValue {
    return headersDistinct?.[name] ?? (headers && Object.hasOwn(headers, name) ? headers[name] : undefined)
  }

  /** Puts those of a response on the span of its request. */
  captureResponse(span: Span, names: readonly string[], headerOf: (name: string) => HeaderValue): void {
    if (!span.isRecording()) return
    const captured = this.captureInto([], 'response', names, headerOf)
    for (let i = 0; i + 1 < captured.length; i += 2) span.setAttribute(String(captured[i]), captured[i + 1] as string[])
  }
}

/** In any case. */
function caseless(pattern: string): RegExp {
  return glob(pattern, 'is')
}
