import type { ClientHttp2Stream } from 'node:http2'
import type { Context } from '@opentelemetry/api'
import { guard } from '../../src/instrumentation/guard.js'
import type { Kit } from '../../src/instrumentation/kit.js'
import type { AnyFunction } from '../../src/instrumentation/wrap.js'
import { type Attempts, GrpcSending, tellCancel, withAttempts, withoutAttempts } from './grpc-sending.js'
import type { Stream } from './streams.js'

/** A call of @grpc/grpc-js, as its class has it. */
export interface GrpcCall {
  readonly method: string
  /** Host and port, as the call names them. */
  readonly host: string
  /** The caller has been told how it ended. */
  readonly ended: boolean
}

export interface CallStatus {
  readonly code: number
  readonly details: string
}

/**
 * Calls that wait for a name or a connection go on where that has come, which belongs to whoever waited first: here they
 * go on where they began. And those for which there is no connection have a span, though there is no request of theirs.
 */
export function keepCalls(prototype: object, kit: Kit): void {
  const sending = new GrpcSending(kit)
  const started = new WeakMap<object, Attempts>()
  const tellUnsent = guard(kit.place('client', { part: 'client' }), (call: GrpcCall, status: CallStatus) => {
    const attempts = started.get(call)
    if (attempts === undefined || attempts.count > 0 || call.ended || status.code === 0) return
    sending.tellUnsent(call, status, attempts)
  })
  keepContext(prototype, ['getConfig', 'outputStatus'], kit, (call) => {
    if (kit.isSuppressed()) return kit.active()
    const attempts: Attempts = { count: 0, context: withoutAttempts(kit.active()), beganAt: kit.now() }
    started.set(call, attempts)
    return withAttempts(attempts)
  })
  kit.wrap(prototype, 'outputStatus', (outputStatus) => {
    return function (this: GrpcCall, status: CallStatus) {
      tellUnsent(this, status)
      return outputStatus.call(this, status)
    }
  })
}

/** The same for a call's attempts: each waits for a connection of its own. */
export function keepAttempts(prototype: object, kit: Kit): void {
  keepContext(prototype, ['doPick'], kit, () => kit.active())
}

/** Why a call is given up, a message that is too large or cannot be read: of its stream is only known that it was closed. */
export function hearCancels(prototype: object, kit: Kit): void {
  const tell = guard(kit.place('cancel', { part: 'client' }), tellCancel)
  kit.wrap(prototype, 'cancelWithStatus', (cancel) => {
    return function (this: { readonly http2Stream: Stream<ClientHttp2Stream> }, ...args: unknown[]) {
      tell(this.http2Stream, args[0] as number, args[1] as string)
      return cancel.apply(this, args)
    }
  })
}

/** Has `later` methods of an object run in the context that `contextOf` gives when it is started. */
function keepContext(
  prototype: object,
  later: readonly string[],
  kit: Kit,
  contextOf: (call: object) => Context,
): void {
  const place = kit.place('call', { always: true })
  const contexts = new WeakMap<object, Context>()
  kit.wrap(prototype, 'start', (start) => {
    return function (this: object, ...args: unknown[]) {
      let context: Context | undefined
      try {
        context = contextOf(this)
        contexts.set(this, context)
      } catch (error) {
        place.failed(error)
      }
      return runIn(context, start, this, args)
    }
  })
  for (const method of later) {
    kit.wrap(prototype, method, (original) => {
      return function (this: object, ...args: unknown[]) {
        return runIn(contexts.get(this), original, this, args)
      }
    })
  }

  function runIn(context: Context | undefined, fn: AnyFunction, call: object, args: unknown[]): unknown {
    if (context === undefined || context === kit.active()) return fn.apply(call, args)
    return kit.runWith(context, fn, call, args)
  }
}
