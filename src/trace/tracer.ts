import type { Attributes, Context, Span, SpanContext, SpanOptions, Tracer } from '@opentelemetry/api'
import { isSuppressed, SPAN_KEY, spanOf } from '../context/context.js'
import { activeContext, runIn } from '../context/manager.js'
import { type AttributeList, attributeIn, limitAttributes, SharedAttributes } from './attributes.js'
import { clockAnchor, fromTimeInput, now, type Time } from './clock.js'
import type { Decider } from './decider.js'
import { type IdBits, idBitsBeside, newIdBits, newSpanId, newTraceId } from './id.js'
import { identityOf } from './identity.js'
import { INTERNAL } from './kind.js'
import { NonRecordingSpan } from './non-recording-span.js'
import type { OpenSpans } from './open-spans.js'
import type { Sampler } from './sampler.js'
import {
  contextOf,
  FLAG_RANDOM,
  FLAG_SAMPLED,
  RecordingSpan,
  recordingOf,
  type Scope,
  type SpanSettings,
} from './span.js'

const NO_OPTIONS: SpanOptions = {}

const INVALID_TRACE_ID = '0'.repeat(32)
const INVALID_SPAN_ID = '0'.repeat(16)
export const INVALID_SPAN = new NonRecordingSpan({ traceId: INVALID_TRACE_ID, spanId: INVALID_SPAN_ID, traceFlags: 0 })

/** The first attributes of a span, but for those that `shared` has. The list becomes the span's own. */
export type Describe<Subject> = (subject: Subject, shared: SharedAttributes | undefined) => AttributeList

/** What a span has in common with others; undefined for one that has nothing. */
export type Share<Subject> = (subject: Subject) => SharedAttributes | undefined

/** A tracer of the API, and the kit's own way to start spans. */
export class AgentTracer implements Tracer {
  readonly #settings: SpanSettings
  readonly #openSpans: OpenSpans
  readonly #scope: Scope
  #sampler: Sampler
  /** Undefined where the sampler alone decides. */
  #decider: Decider | undefined

  constructor(settings: SpanSettings, openSpans: OpenSpans, sampler: Sampler, scope: Scope, decider?: Decider) {
    this.#settings = settings
    this.#openSpans = openSpans
    this.#sampler = sampler
    this.#scope = scope
    this.#decider = decider
  }

  /** Has others decide, from the next span on. */
  decideBy(sampler: Sampler, decider: Decider | undefined): void {
    this.#sampler = sampler
    this.#decider = decider
  }

  /** Libraries hand on what they may not have been given: what is undefined or null has its default, as in the API without an SDK. */
  startSpan(name: string, options?: SpanOptions | null, contextGiven?: Context | null): Span {
    const { kind = INTERNAL, attributes, links, startTime, root } = options ?? NO_OPTIONS
    const context = contextGiven ?? activeContext()
    const span = this.#start(
      String(name),
      kind,
      root === true ? context.deleteValue(SPAN_KEY) : context,
      startTime === undefined ? now() : fromTimeInput(startTime),
      noAttributes,
      undefined,
      undefined,
      attributes,
    )
    const recording = recordingOf(span)
    if (recording !== undefined) {
      if (attributes !== undefined) recording.setAttributes(attributes)
      if (links !== undefined) recording.addLinks(links)
    }
    return span
  }

  startActiveSpan<Fn extends (span: Span) => unknown>(name: string, fn: Fn): ReturnType<Fn>
  startActiveSpan<Fn extends (span: Span) => unknown>(name: string, options: SpanOptions, fn: Fn): ReturnType<Fn>
  startActiveSpan<Fn extends (span: Span) => unknown>(
    name: string,
    options: SpanOptions,
    context: Context,
    fn: Fn,
  ): ReturnType<Fn>
  startActiveSpan<Fn extends (span: Span) => unknown>(
    name: string,
    ...rest: [Fn] | [SpanOptions, Fn] | [SpanOptions, Context, Fn]
  ): ReturnType<Fn> | undefined {
    const fn = rest.at(-1)
    if (typeof fn !== 'function') return undefined
    const options = rest.length > 1 ? (rest[0] as SpanOptions | null | undefined) : undefined
    const parent = (rest.length > 2 ? (rest[1] as Context | null | undefined) : undefined) ?? activeContext()
    const span = this.startSpan(name, options, parent)
    return runIn(parent.setValue(SPAN_KEY, span), fn as never, undefined, span) as ReturnType<Fn>
  }

  /** Attributes that many spans have alike: made once, given to each. */
  share(list: AttributeList): SharedAttributes {
    return new SharedAttributes(list)
  }

  /**
   * Starts a span of an instrumentation. `describe` and `shared`, where that has to be found, are not called for a span
   * that the sampler drops; `startMillis` is on the monotonic clock.
   */
  start<Subject>(
    name: string,
    kind: number,
    context: Context,
    describe: Describe<Subject>,
    subject: Subject,
    shared?: SharedAttributes | Share<Subject>,
    startMillis: number = now(),
  ): Span {
    return this.#start(name, kind, context, startMillis, describe, subject, shared)
  }

  /** A span that records nothing and is not sampled, below that of `context`. */
  skip(context: Context): Span {
    const parent = identityOf(spanOf(context))
    const random = parent === undefined ? FLAG_RANDOM : parent.traceFlags & FLAG_RANDOM
    this.#openSpans.notSampled++
    return new NonRecordingSpan(contextOf(parent?.traceId ?? newTraceId(), newSpanId(), random, parent?.traceState))
  }

  #start<Subject>(
    name: string,
    kind: number,
    context: Context,
    startTime: Time,
    describe: Describe<Subject>,
    subject: Subject,
    toShare?: SharedAttributes | Share<Subject>,
    hints?: Attributes,
  ): Span {
    const parentSpan = spanOf(context)
    if (isSuppressed(context))
      return parentSpan === undefined ? INVALID_SPAN : new NonRecordingSpan(parentSpan.spanContext())
    const localParent = recordingOf(parentSpan)
    // The identity of a span of ours is valid, and no object has to be made for it.
    const parent = localParent ?? identityOf(parentSpan)
    if (this.#decider !== undefined)
      return this.#startDecided(
        this.#decider,
        name,
        kind,
        parentSpan,
        localParent,
        parent,
        startTime,
        describe,
        subject,
        toShare,
        hints,
      )
    const traceId = parent === undefined ? newTraceId() : parent.traceId
    const spanId = newSpanId()
    // The random flag tells how the trace id was made, so it is the root's to set and ours to copy.
    const random = parent === undefined ? FLAG_RANDOM : parent.traceFlags & FLAG_RANDOM
    if (!this.#sampler.shouldSample(parent, traceId)) {
      this.#openSpans.notSampled++
      return new NonRecordingSpan(contextOf(traceId, spanId, random, parent?.traceState))
    }
    const parentBits = bitsOf(localParent, parentSpan)
    // Before anything of the program's is asked, which may start spans.
    const bits = parent === undefined ? newIdBits() : bitsBeside(parentBits, parent, traceId)
    const shared = typeof toShare === 'function' ? toShare(subject) : toShare
    const attributes = describe(subject, shared)
    const settings = this.#settings
    let dropped = 0
    if (attributes.length > settings.plainEntries) dropped = limitAll(attributes, shared, settings)
    const span = new RecordingSpan(
      settings,
      this.#scope,
      traceId,
      spanId,
      FLAG_SAMPLED | random,
      parent,
      name,
      kind,
      attributes,
      settings.sharesAttributes ? shared : undefined,
      startTime,
      anchorOf(localParent, startTime),
      parentBits,
      dropped,
    )
    span.bits = bits
    this.#openSpans.onStart(span)
    return span
  }

  /** The same where more counts than a sampler is told. `hints` are attributes that the program sets at once. */
  #startDecided<Subject>(
    decider: Decider,
    name: string,
    kind: number,
    parentSpan: Span | undefined,
    localParent: RecordingSpan | undefined,
    parent: SpanContext | undefined,
    startTime: Time,
    describe: Describe<Subject>,
    subject: Subject,
    toShare: SharedAttributes | Share<Subject> | undefined,
    hints: Attributes | undefined,
  ): Span {
    let shared: SharedAttributes | undefined
    let described: AttributeList | undefined
    const describeOnce = (): AttributeList => {
      if (described !== undefined) return described
      shared = typeof toShare === 'function' ? toShare(subject) : toShare
      described = describe(subject, shared)
      return described
    }
    const decision = decider.decide(
      {
        name,
        kind,
        parent,
        parentSpan: localParent,
        traceId: parent === undefined ? newTraceId() : parent.traceId,
        attribute(key) {
          const own = describeOnce()
          return hints?.[key] ?? attributeIn(own, key) ?? attributeIn(shared?.list, key)
        },
      },
      newTraceId,
    )
    const { traceId, traceState, held, link } = decision
    const spanId = newSpanId()
    const above = link === undefined ? parent : undefined
    const random = above === undefined ? FLAG_RANDOM : above.traceFlags & FLAG_RANDOM
    if (!decision.sampled && held === undefined) {
      this.#openSpans.notSampled++
      return new NonRecordingSpan(contextOf(traceId, spanId, random, traceState))
    }
    const parentBits = bitsOf(localParent, parentSpan)
    const bits = bitsBeside(parentBits, parent, traceId)
    const attributes = describeOnce()
    const dropped = limitAll(attributes, shared, this.#settings)
    const parts: ConstructorParameters<typeof RecordingSpan> = [
      this.#settings,
      this.#scope,
      traceId,
      spanId,
      held === undefined ? FLAG_SAMPLED | random : random,
      above,
      name,
      kind,
      attributes,
      this.#settings.sharesAttributes ? shared : undefined,
      startTime,
      anchorOf(localParent, startTime),
      above === undefined ? undefined : parentBits,
      dropped,
    ]
    const span = held === undefined ? new RecordingSpan(...parts) : decider.hold(held, parts)
    span.bits = bits
    span.traceState = traceState
    if (link !== undefined) span.addLink({ context: link })
    this.#openSpans.onStart(span)
    return span
  }
}

/** A span that has ended has others begin below it for as long as a timer of its request lives, and clocks are set meanwhile. */
function anchorOf(localParent: RecordingSpan | undefined, startTime: Time): number {
  if (localParent?.isRecording() === true) return localParent.anchor
  return clockAnchor(typeof startTime === 'number' ? startTime : now())
}

/** Undefined for a span that has begun elsewhere, and whose ids have not been read. */
function bitsOf(local: RecordingSpan | undefined, parentSpan: Span | undefined): IdBits | undefined {
  if (local !== undefined) return local.bits
  return parentSpan instanceof NonRecordingSpan ? parentSpan.bits : undefined
}

/** Of the span id that was made last, in a trace that may be that of its parent. */
function bitsBeside(parentBits: IdBits | undefined, parent: SpanContext | undefined, traceId: string) {
  return parentBits === undefined || parent?.traceId !== traceId ? undefined : idBitsBeside(parentBits)
}

/** Puts the limits on a list, and on what is shared where the limits are that tight; @returns how many were dropped. */
function limitAll(
  list: AttributeList,
  shared: SharedAttributes | undefined,
  { spanBounds, sharesAttributes }: SpanSettings,
): number {
  if (shared !== undefined && !sharesAttributes) list.push(...shared.list)
  return limitAttributes(list, spanBounds)
}

/** The list is the span's own, so each has a new one. */
function noAttributes(): AttributeList {
  return []
}
