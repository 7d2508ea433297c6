import type { RedactionConfig, SecretKind } from './config/config.js'
import type { LogData } from './logs/log-data.js'
import type { Resource } from './resource/resource.js'
import type { AttributeList, SharedAttributes, Value } from './trace/attributes.js'
import { glob } from './trace/glob.js'
import type { RecordingSpan, SpanData, SpanEvent } from './trace/span.js'

const REDACTED = '[REDACTED]'
/** What stands for a value in a query, as in all that are redacted by themselves. */
const REDACTED_IN_URL = 'REDACTED'
/** Attributes that hold a query, or a URL that may. */
const URLS: ReadonlySet<string> = new Set(['url.full', 'url.query', 'http.url', 'http.target'])

/** 13 to 19 digits, single blanks or dashes between them. */
const CARD = /(?<![\d.-])\d(?:[ -]?\d){12,18}(?![\d-])/g

/** The same as a number, by what the numbers of cards in use begin with: times in milliseconds or microseconds are none. */
const CARD_NUMBER = /^[2-6]\d{13,15}$/

/** Of a token the end may be missing, where the text was cut. */
const KINDS: Readonly<Record<SecretKind, (text: string) => string>> = {
  bearer: (text) => text.replace(/\b(bearer|basic)(\s+)[\w.~+/=-]{8,}/gi, `$1$2${REDACTED}`),
  // What has no second part is passed over as a whole: looked at again from each `eyJ` in it, it would take a time that
  // grows with the square of its length.
  jwt: (text) =>
    text.replace(/\beyJ[\w-]{5,}(\.[\w-]{5,}(?:\.[\w-]*)?)?/g, (found, rest) =>
      rest === undefined ? found : REDACTED,
    ),
  card: (text) => text.replace(CARD, (digits) => (isCard(digits.replace(/\D/g, '')) ? REDACTED : digits)),
  email: (text) => text.replace(/(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}/g, REDACTED),
}

/** Takes out of all telemetry what the user wants nobody to see: of spans when they have ended, of metrics before they are counted. */
export class Redactor {
  readonly #kinds: readonly ((text: string) => string)[]
  readonly #hidesCards: boolean
  readonly #attributes: readonly RegExp[]
  readonly #queryKeys: ReadonlySet<string>

  constructor({ values, attributes, queryKeys }: RedactionConfig) {
    this.#kinds = values.map((kind) => KINDS[kind])
    this.#hidesCards = values.includes('card')
    this.#attributes = attributes.map((pattern) => glob(pattern, 'is'))
    this.#queryKeys = new Set(queryKeys.map((key) => key.toLowerCase()))
  }

  /** In place, but for attributes that other spans share: those are copied where something of them is redacted. */
  span(data: SpanData): SpanData {
    const span = data as RecordingSpan
    this.#list(span.attributes)
    span.outcome = this.#shared(span, span.outcome)
    span.shared = this.#shared(span, span.shared)
    if (span.events !== undefined) span.events = span.events.map((event) => this.#event(event))
    for (const { attributes } of span.links ?? []) this.#list(attributes)
    span.name = this.#text(span.name)
    span.statusMessage = this.#text(span.statusMessage)
    return span
  }

  /** What is redacted of attributes that others have too becomes the span's own. */
  #shared({ attributes }: RecordingSpan, shared: SharedAttributes | undefined): SharedAttributes | undefined {
    if (shared === undefined) return undefined
    const list = this.attributes(shared.list)
    if (list === shared.list) return shared
    attributes.unshift(...list)
    return undefined
  }

  #event(event: SpanEvent): SpanEvent {
    this.#list(event.attributes)
    const name = this.#text(event.name)
    return name === event.name ? event : { ...event, name }
  }

  log(record: LogData): LogData {
    const attributes = [...record.attributes]
    this.#list(attributes)
    return { ...record, attributes, body: record.body === undefined ? undefined : this.#value(record.body) }
  }

  /** The same list where there is nothing to redact, else another one. */
  attributes(list: Readonly<AttributeList>): Readonly<AttributeList> {
    const copy = [...list]
    return this.#list(copy) ? copy : list
  }

  /** The same resource to see, now and when it becomes another. */
  resource(resource: Resource): Resource {
    const { schemaUrl } = resource
    let seen: Readonly<AttributeList> | undefined
    let redacted: Readonly<AttributeList> = []
    const update = (list: Readonly<AttributeList>): Readonly<AttributeList> => {
      if (list === seen) return redacted
      seen = list
      redacted = this.attributes(list)
      return redacted
    }
    return {
      schemaUrl,
      get attributes() {
        return update(resource.attributes)
      },
    }
  }

  /** @returns whether something has changed */
  #list(list: AttributeList): boolean {
    let hasChanged = false
    for (let i = 0; i + 1 < list.length; i += 2) {
      const value = list[i + 1]
      if (value === undefined) continue
      const redacted = this.#attribute(String(list[i]), value)
      if (redacted === value) continue
      list[i + 1] = redacted
      hasChanged = true
    }
    return hasChanged
  }

  #attribute(key: string, value: Value): Value {
    if (this.#attributes.some((pattern) => pattern.test(key))) return REDACTED
    if (this.#queryKeys.size > 0 && typeof value === 'string' && URLS.has(key)) return this.#text(this.#url(value))
    return this.#value(value)
  }

  /** The same value where there is nothing to redact. Members of maps go by their names, as attributes do. */
  #value(value: Value): Value {
    if (typeof value === 'string') return this.#text(value)
    if (typeof value === 'number' || typeof value === 'bigint') {
      return this.#hidesCards && isCardNumber(String(value)) ? REDACTED : value
    }
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
    if (Array.isArray(value)) {
      const elements = value.map((element) => this.#value(element))
      return elements.some((element, i) => element !== value[i]) ? elements : value
    }
    const entries = Object.entries(value)
    const redacted = entries.map(([key, member]) => [key, this.#attribute(key, member)] as const)
    return redacted.some(([, member], i) => member !== entries[i]?.[1]) ? Object.fromEntries(redacted) : value
  }

  #text(text: string): string {
    let redacted = text
    for (const redact of this.#kinds) redacted = redact(redacted)
    return redacted
  }

  #url(text: string): string {
    return text.replace(/(^|[?&])([^=&#?]+)=[^&#]*/g, (pair, before: string, key: string) =>
      this.#queryKeys.has(decoded(key).toLowerCase()) ? `${before}${key}=${REDACTED_IN_URL}` : pair,
    )
  }
}

function isCardNumber(digits: string): boolean {
  return CARD_NUMBER.test(digits) && isCard(digits)
}

/** By the check digit of Luhn. */
function isCard(digits: string): boolean {
  let sum = 0
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i])
    const doubled = i % 2 === 0 ? digit : digit * 2
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return sum % 10 === 0 && !/^0+$/.test(digits)
}

function decoded(key: string): string {
  try {
    return decodeURIComponent(key)
  } catch {
    return key
  }
}
