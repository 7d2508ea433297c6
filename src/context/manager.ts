import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks'
import { EventEmitter } from 'node:events'
import type { Context, ContextManagementToken, ContextManager } from '@opentelemetry/api'
import { ROOT_CONTEXT, SUPPRESSED_CONTEXT } from './context.js'
import { type Frames, findFrames } from './frames.js'

const storage = new AsyncLocalStorage<Context>()
/** Null as long as nobody has looked: the first context is not entered before there is something to trace. */
let frames: Frames<Context> | null | undefined = null
/** Made as the agent starts: what runs in it belongs to nothing that the program does. */
const outside = new AsyncResource('autospan')

/** What the process itself belongs to. */
let processContext: Context = ROOT_CONTEXT

/** The context of the code that runs now; outside any request that of the process. */
export function activeContext(): Context {
  return (frames ?? storage).getStore() ?? processContext
}

/** The context of what runs outside any request. */
export function getProcessContext(): Context {
  return processContext
}

/** Has all that runs outside of any request belong to `context`, from now on; at first it belongs to the root. */
export function setProcessContext(context: Context): void {
  processContext = context
}

/** Calls `fn` with `context` active, during the call and in all that it starts. */
export function runIn<This, Args extends unknown[], Result>(
  context: Context,
  fn: (this: This, ...args: Args) => Result,
  thisArg: This,
  ...args: Args
): Result {
  return applyIn(context, fn, thisArg, args)
}

/** The same for a list of arguments. */
export function applyIn<This, Args extends unknown[], Result>(
  context: Context,
  fn: (this: This, ...args: Args) => Result,
  thisArg: This,
  args: Args,
): Result {
  if (frames === null) frames = findFrames(storage, SUPPRESSED_CONTEXT)
  // AsyncLocalStorage.run() passes its arguments on by `apply`, without a receiver: Reflect.apply
  // carries ours and makes no closure.
  return frames === undefined
    ? (storage.run(context, Reflect.apply, fn, thisArg, args) as Result)
    : frames.apply(context, fn, thisArg, args)
}

/**
 * Calls `fn` as work of the agent's own: it is not traced, and the timers, sockets and promises that it makes
 * keep no context of the program in memory, of whatever AsyncLocalStorage of the program's.
 */
export function runOutside<This, Args extends unknown[], Result>(
  fn: (this: This, ...args: Args) => Result,
  thisArg: This,
  ...args: Args
): Result {
  return outside.runInAsyncScope(applyIn<This, Args, Result>, undefined, SUPPRESSED_CONTEXT, fn, thisArg, args)
}

/**
 * Calls `fn` in no context, of the agent's or the program's. Costs 0.01 us, where to enter a context of the agent's costs
 * 0.05 with Node.js 24, and a map.
 */
export function runUnbound<This, Args extends unknown[], Result>(
  fn: (this: This, ...args: Args) => Result,
  thisArg: This,
  ...args: Args
): Result {
  return outside.runInAsyncScope(fn, thisArg, ...args)
}

/** Binds functions and emitters to a context, as `context.bind` of the API asks. */
export function bindTo<Target>(context: Context, target: Target): Target {
  if (target instanceof EventEmitter) return bindEmitter(context, target)
  if (typeof target === 'function') return bindFunction(context, target as AnyFunction & Target)
  return target
}

export class AsyncLocalStorageContextManager implements ContextManager {
  active(): Context {
    return activeContext()
  }

  with<Args extends unknown[], Fn extends (...args: Args) => ReturnType<Fn>>(
    context: Context | null | undefined,
    fn: Fn,
    thisArg?: ThisParameterType<Fn>,
    ...args: Args
  ): ReturnType<Fn> {
    return runIn(context ?? ROOT_CONTEXT, fn as never, thisArg, ...args) as ReturnType<Fn>
  }

  bind<Target>(context: Context, target: Target): Target {
    return bindTo(context, target)
  }

  /** Enters `context` until the token is disposed of; experimental in API 1.10. */
  attach(context: Context): ContextManagementToken {
    const before = storage.getStore()
    storage.enterWith(context)
    return {
      dispose() {
        // The typings of Node 20 do not take undefined back.
        storage.enterWith(before as Context)
      },
    }
  }

  enable(): this {
    return this
  }

  disable(): this {
    storage.disable()
    return this
  }
}

type AnyFunction = (this: unknown, ...args: unknown[]) => unknown

function bindFunction<Fn extends AnyFunction>(context: Context, fn: Fn): Fn {
  const bound: AnyFunction = function (...args) {
    return runIn(context, fn, this, ...args)
  }
  Object.defineProperty(bound, 'length', { value: fn.length, configurable: true })
  Object.defineProperty(bound, 'name', { value: fn.name, configurable: true })
  return bound as Fn
}

const BOUND_CONTEXT = Symbol('autospan.context')

type BoundEmitter = EventEmitter & { [BOUND_CONTEXT]?: Context }

/** Binds by `emit`, once, so that listeners keep their identity and `off` finds them. */
function bindEmitter<Target extends EventEmitter>(context: Context, emitter: Target): Target {
  const bound: BoundEmitter = emitter
  if (bound[BOUND_CONTEXT] === undefined) {
    const emit = emitter.emit
    const emitInContext = function (this: BoundEmitter, ...args: Parameters<typeof emit>): boolean {
      return runIn(this[BOUND_CONTEXT] ?? activeContext(), emit, this, ...args)
    }
    Object.defineProperty(emitter, 'emit', { value: emitInContext, writable: true, configurable: true })
  }
  Object.defineProperty(emitter, BOUND_CONTEXT, { value: context, writable: true, configurable: true })
  return emitter
}
