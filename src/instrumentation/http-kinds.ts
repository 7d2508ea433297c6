/*
 * Requests of one kind, those of one route or to one server that were made and ended alike, have a series, a name and
 * attributes in common. These are made once and found by comparing, for this is done for each request.
 */

import type { BoundInstrument } from '../metrics/instruments.js'
import { type AttributeList, SharedAttributes } from '../trace/attributes.js'
import type { RecordingSpan } from '../trace/span.js'
import { methodAttribute, methodName, originalMethod } from './http.js'

/** Routes or servers, and kinds of requests to each, that are remembered. */
const MAX_TARGETS = 1000
const MAX_KINDS = 50

/** Where the attributes stand that a request's end tells, in the list that its span begins with. */
const METHOD_AT = 0
const STATUS_AT = 4
const ROUTE_AT = 6

/** With what the list of a request that is served begins. What its end tells has its place at once: a list that grows is copied. */
export function servedPlaces(method: string, path: string): (string | number | undefined)[] {
  return [
    'http.request.method',
    methodAttribute(method),
    'url.path',
    path,
    'http.response.status_code',
    undefined,
    'http.route',
    undefined,
  ]
}

/** The same for a request that is sent. */
export function sentAttributes(method: string, url: string): (string | number | undefined)[] {
  const attributes = [
    'http.request.method',
    methodAttribute(method),
    'url.full',
    url,
    'http.response.status_code',
    undefined,
  ]
  const original = originalMethod(method)
  if (original !== undefined) attributes.push('http.request.method_original', original)
  return attributes
}

/** Undefined and 0 are no attribute. */
export class Kind {
  readonly target: string | undefined
  readonly method: string
  readonly scheme: string | undefined
  readonly status: number
  readonly errorType: string | undefined
  readonly version: string | undefined
  readonly port: number | undefined
  /** Of its durations; undefined until somebody has measured one. */
  series: BoundInstrument | undefined = undefined
  /** False beyond the bounds of what is remembered: nothing is made once for what is found once. */
  isKept = false
  #outcome: SharedAttributes | undefined = undefined

  constructor(
    target: string | undefined,
    method: string,
    scheme: string | undefined,
    status: number,
    errorType: string | undefined,
    version: string | undefined,
    port: number | undefined,
  ) {
    this.target = target
    this.method = method
    this.scheme = scheme
    this.status = status
    this.errorType = errorType
    this.version = version
    this.port = port
  }

  is(
    target: string | undefined,
    method: string,
    scheme: string | undefined,
    status: number,
    errorType: string | undefined,
    version: string | undefined,
    port: number | undefined,
  ): boolean {
    return (
      this.target === target &&
      this.status === status &&
      this.method === method &&
      this.errorType === errorType &&
      this.scheme === scheme &&
      this.version === version &&
      this.port === port
    )
  }

  /**
   * Tells how a served request ended: name, route and status, as attributes that its span shares with others.
   *
   * @returns false, and nothing is told, where the span cannot share them or the program has set one of them itself.
   */
  tellServed(span: RecordingSpan | undefined): boolean {
    if (span === undefined) return false
    const { attributes } = span
    if (attributes[ROUTE_AT] !== 'http.route' || attributes[ROUTE_AT + 1] !== undefined || !this.#mayTell(span))
      return false
    this.#outcome ??= this.#describeServed()
    this.#tell(span, this.#outcome)
    return true
  }

  /** The same for a sent request: its status, and the protocol's version where it is known. */
  tellSent(span: RecordingSpan | undefined): boolean {
    if (span === undefined || !this.#mayTell(span)) return false
    this.#outcome ??= this.#describeSent()
    this.#tell(span, this.#outcome)
    return true
  }

  #mayTell({ attributes, sharesAttributes }: RecordingSpan): boolean {
    return (
      this.isKept &&
      this.status !== 0 &&
      sharesAttributes &&
      attributes[METHOD_AT] === 'http.request.method' &&
      attributes[METHOD_AT + 1] === methodAttribute(this.method) &&
      attributes[STATUS_AT] === 'http.response.status_code' &&
      attributes[STATUS_AT + 1] === undefined
    )
  }

  #tell(span: RecordingSpan, outcome: SharedAttributes): void {
    span.attributes[METHOD_AT + 1] = undefined
    span.outcome = outcome
    if (outcome.name !== undefined) span.updateName(outcome.name)
  }

  #describe(): AttributeList {
    return ['http.request.method', methodAttribute(this.method), 'http.response.status_code', this.status]
  }

  #describeSent(): SharedAttributes {
    const list = this.#describe()
    if (this.version !== undefined) list.push('network.protocol.version', this.version)
    return new SharedAttributes(list)
  }

  #describeServed(): SharedAttributes {
    const list = this.#describe()
    if (this.target === undefined) return new SharedAttributes(list)
    list.push('http.route', this.target)
    return new SharedAttributes(list, `${methodName(this.method)} ${this.target}`)
  }
}

/** Finds the kind of a request by its target, a route or a server, and all else that they have in common. */
export class Kinds {
  readonly #targets = new Map<string | undefined, Kind[]>()
  /** The one that was asked for last, which most often is the next one too. */
  #last: Kind | undefined = undefined

  of(
    target: string | undefined,
    method: string,
    scheme: string | undefined,
    status: number,
    errorType: string | undefined,
    version: string | undefined,
    port: number | undefined,
  ): Kind {
    const last = this.#last
    if (last?.is(target, method, scheme, status, errorType, version, port)) return last
    const kinds = this.#targets.get(target) ?? this.#newTarget(target)
    for (let i = 0; kinds !== undefined && i < kinds.length; i++) {
      const known = kinds[i]!
      if (!known.is(target, method, scheme, status, errorType, version, port)) continue
      this.#last = known
      return known
    }
    const kind = new Kind(target, method, scheme, status, errorType, version, port)
    if (kinds !== undefined && kinds.length < MAX_KINDS) {
      kinds.push(kind)
      kind.isKept = true
    }
    return kind
  }

  /** Undefined where there are too many. */
  #newTarget(target: string | undefined): Kind[] | undefined {
    if (this.#targets.size >= MAX_TARGETS) return undefined
    const kinds: Kind[] = []
    this.#targets.set(target, kinds)
    return kinds
  }
}
