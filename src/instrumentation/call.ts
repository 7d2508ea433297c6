import type { EventEmitter } from 'node:events'
import type { Context, Span } from '@opentelemetry/api'
import { now } from '../trace/clock.js'
import { recordingOf, type SpanOwner } from '../trace/span.js'
import { startOf } from './duration.js'
import { isAbort } from './http.js'
import type { Describe, Kit, Place, SharedAttributes } from './kit.js'
import type { AnyFunction } from './wrap.js'

/** How the calls of a library to other services are told. `Subject` is what the instrumentation knows of one of them. */
export interface CallDescription<Subject> {
  /** The span's name, of low cardinality. */
  readonly name: (subject: Subject) => string
  /** What is known at the start. Not asked for a span that the sampler drops. */
  readonly attributes?: Describe<Subject>
  /** What many calls have alike: made once, for it is encoded once. */
  readonly shared?: (subject: Subject) => SharedAttributes
  /** Puts what the result tells on the span. */
  readonly recordResult?: (span: Span, result: unknown, subject: Subject) => void
  /** Puts an error, which may be anything, on the span. Not asked for what the caller has aborted: that is no error. */
  readonly recordError: (span: Span, error: unknown, subject: Subject) => void
  /** What measures calls, sampled or not. Asked for with the first call, where anybody wants metrics. */
  readonly metrics?: (kit: Kit) => CallMetrics<Subject>
}

export interface CallMetrics<Subject> {
  /** `error` is undefined for what succeeded, and for what the caller has aborted. Times on the monotonic clock. */
  ended(subject: Subject, error: unknown, startMillis: number, endMillis: number, span: Span): void
}

/** The calls of one library: the instrumentation describes them, and this owns their lives. */
export class Calls<Subject> {
  readonly #kit: Kit
  readonly #description: CallDescription<Subject>
  readonly #place: Place
  #metrics: CallMetrics<Subject> | undefined = undefined

  constructor(kit: Kit, name: string, description: CallDescription<Subject>) {
    this.#kit = kit
    this.#description = description
    this.#place = kit.place(name)
  }

  /** Starts a call's span in the active context. Undefined where nothing is to be traced: leave the call alone. */
  begin(subject: Subject): Call<Subject> | undefined {
    if (!this.#place.on) return undefined
    try {
      const context = this.#kit.activeToTrace()
      if (context === undefined) return undefined
      const { name, attributes = noAttributes, shared } = this.#description
      const span = this.#kit.startClient(name(subject), context, attributes, subject, shared?.(subject))
      if (this.#kit.hasMeter) this.#metrics ??= this.#description.metrics?.(this.#kit)
      return new Call(this.#kit, this.#description, this.#place, subject, context, span, this.#metrics)
    } catch (error) {
      this.#place.failed(error)
      return undefined
    }
  }

  /**
   * Calls `fn` as one traced call. It ends by a throw; by the callback, if the last argument is one,
   * `(error, result) => void`; by the promise or the emitter that is returned; else by the return.
   *
   * A promise is handed on as `then` derives it: listening to one beside the program would count as
   * handling its rejection, and hide that the program does not. So a library whose promises have
   * properties of their own, or are lazy, wants `begin` and a hook where it settles them.
   */
  trace(subject: Subject, fn: AnyFunction, thisArg: unknown, args: readonly unknown[]): unknown {
    const call = this.begin(subject)
    if (call === undefined) return Reflect.apply(fn, thisArg, args)
    const callback = args.at(-1)
    const hasCallback = typeof callback === 'function'
    let result: unknown
    try {
      result = Reflect.apply(
        fn,
        thisArg,
        hasCallback ? [...args.slice(0, -1), call.callback(callback as AnyFunction)] : args,
      )
    } catch (error) {
      call.fail(error)
      throw error
    }
    if (hasCallback) return result
    if (result instanceof Promise) return call.settleWith(result)
    if (isEmitter(result)) call.endWith(result)
    else call.end(result)
    return result
  }
}

/** One call to another service. It ends once; what comes later is ignored. None of its methods throws. */
export class Call<Subject> implements SpanOwner {
  readonly span: Span
  /** The caller's, in which its callbacks and listeners run. */
  readonly context: Context
  /** May become another when more is known of it. */
  subject: Subject
  readonly #kit: Kit
  readonly #description: CallDescription<Subject>
  readonly #place: Place
  readonly #metrics: CallMetrics<Subject> | undefined
  readonly #beganAt: number
  #hasEnded = false
  /** 0 for what has not ended, and where nothing is measured. */
  #endedAt = 0
  /** Undefined for what has not failed. */
  #error: unknown = undefined

  /** Use `Calls.begin`. */
  constructor(
    kit: Kit,
    description: CallDescription<Subject>,
    place: Place,
    subject: Subject,
    context: Context,
    span: Span,
    metrics: CallMetrics<Subject> | undefined,
  ) {
    this.#kit = kit
    this.#description = description
    this.#place = place
    this.subject = subject
    this.context = context
    this.span = span
    this.#metrics = metrics
    this.#beganAt = metrics === undefined ? 0 : startOf(span)
  }

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  end(result?: unknown): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    try {
      this.#description.recordResult?.(this.span, result, this.subject)
    } catch (error) {
      this.#place.failed(error)
    }
    this.#finish(undefined)
  }

  fail(error: unknown): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    const told = isAbort(error) ? undefined : (error ?? new Error('no error was told'))
    try {
      if (told !== undefined) this.#description.recordError(this.span, error, this.subject)
    } catch (fault) {
      this.#place.failed(fault)
    }
    this.#finish(told)
  }

  #finish(error: unknown): void {
    if (this.#metrics === undefined) {
      this.span.end()
      return
    }
    this.#error = error
    this.#endedAt = now()
    const recording = recordingOf(this.span)
    if (recording?.isRecording() === true) {
      recording.owner = this
      recording.endAt(this.#endedAt)
    } else {
      this.conclude()
    }
  }

  /** Nothing is known of a call before its end that its span has not been told. */
  describe(): void {}

  /** Measures the call. */
  conclude(): void {
    try {
      this.#metrics?.ended(this.subject, this.#error, this.#beganAt, this.#endedAt, this.span)
    } catch (fault) {
      this.#place.failed(fault)
    }
  }

  /** `callback` in the caller's context, where a library calls back from a connection that others share. */
  bind(callback: AnyFunction): AnyFunction {
    return bindCallback(this.#kit, this.context, callback)
  }

  /** The same, and the call ends by it: `(error, result) => void`. */
  callback(callback: AnyFunction): AnyFunction {
    const call = this
    const bound = this.bind(callback)
    return function (error, ...results) {
      if (error === null || error === undefined) call.end(results[0])
      else call.fail(error)
      return Reflect.apply(bound, this, [error, ...results])
    }
  }

  /** The call ends when the promise settles. To be returned in the promise's place. */
  settleWith<Result>(promise: Promise<Result>): Promise<Result> {
    return promise.then(
      (result) => {
        this.end(result)
        return result
      },
      (error) => {
        this.fail(error)
        throw error
      },
    )
  }

  /** The call ends with an emitter or stream, by `error`, `end`, `finish` or `close`. It gets no listener: one for `error` would hide an error. */
  endWith(emitter: EventEmitter): void {
    const call = this
    const emit = emitter.emit
    const value = function (this: EventEmitter, event: string | symbol, ...args: unknown[]): boolean {
      if (event === 'error') call.fail(args[0])
      else if (event === 'end' || event === 'finish' || event === 'close') call.end()
      return emit.call(this, event, ...args)
    }
    Object.defineProperty(emitter, 'emit', { value, writable: true, configurable: true })
    this.#kit.bindEmitter(this.context, emitter)
  }
}

/** The list becomes the span's own, so each has a new one. */
function noAttributes(): never[] {
  return []
}

/** `callback` in the given context, whatever the library calls it from. For callbacks that are called once. */
export function bindCallback(kit: Kit, context: Context, callback: AnyFunction): AnyFunction {
  // Forgotten at the call, for libraries hold on to callbacks: pg, to that of `connect` while the connection lives.
  let own: Context | undefined = context
  return function (...args) {
    const target = own
    own = undefined
    if (target === undefined || target === kit.active()) return Reflect.apply(callback, this, args)
    return kit.runWith(target, callback, this, args)
  }
}

/** `callback` for one call, after which it and all that it holds are forgotten. */
export function once(callback: AnyFunction): AnyFunction {
  let own: AnyFunction | undefined = callback
  return function (...args) {
    const only = own
    own = undefined
    return only?.apply(this, args)
  }
}

/** Has the callbacks that a method takes as its last argument run in the context of the method's caller. */
export function bindCallbacksOf(kit: Kit, prototype: object, method: string): void {
  kit.wrap(prototype, method, (original) => {
    return function (...args) {
      const last = args.length - 1
      if (typeof args[last] === 'function') args[last] = bindCallback(kit, kit.active(), args[last])
      return original.apply(this, args)
    }
  })
}

/** Has a method run where it belongs to no request: one that opens what outlives the request that needs it. */
export function detach(kit: Kit, prototype: object, method: string): void {
  kit.wrap(prototype, method, (original) => {
    return function (...args) {
      return kit.runDetached(original, this, args)
    }
  })
}

function isEmitter(value: unknown): value is EventEmitter {
  if (typeof value !== 'object' || value === null) return false
  const { emit, on } = value as { emit?: unknown; on?: unknown }
  return typeof emit === 'function' && typeof on === 'function'
}
