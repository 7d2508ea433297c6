import { setImmediate } from 'node:timers'
import { SUPPRESSED_CONTEXT } from '../context/context.js'
import { runIn } from '../context/manager.js'
import { wrapMethod } from '../instrumentation/wrap.js'
import { UnnoticedListeners } from './unnoticed.js'

/** Signals from outside that end a program which does not listen to them. */
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const
/** Those with which a program may end itself. */
const DEADLY: ReadonlySet<string> = new Set([...SIGNALS, 'SIGQUIT', 'SIGKILL', 'SIGABRT', 'SIGUSR2'])

/** An error that nobody has caught. */
export interface Uncaught {
  readonly error: unknown
}

export interface Doors {
  /** The event loop is empty: the process ends, unless something is started. */
  readonly onEmpty: () => void
  /**
   * The process ends when this returns, because of an error or not. Called twice where the program
   * goes on after the first time: by listeners of its own that come later. Must not throw.
   */
  readonly onEnd: (uncaught: Uncaught | undefined) => void
}

/**
 * Watches all ways by which a process or thread can end and still be heard of. The exit code, the
 * signal and what is printed stay what they would have been, and the program decides as before what
 * ends it: nothing here is there for it to see.
 *
 * @returns what begins to listen: to be called when there is something to lose. Before, a signal ends the process
 *   even in the midst of a long computation, and the start is the cheaper for it.
 */
export function watchDoors({ onEmpty, onEnd }: Doors): () => void {
  let uncaught: Uncaught | undefined
  let listeners: UnnoticedListeners | undefined
  const { kill } = process

  // At the start, so that who wraps these later calls ours last.
  wrapMethod(process, 'reallyExit', (reallyExit) => {
    return function (...args) {
      onEnd(uncaught)
      return reallyExit.apply(this, args)
    }
  })
  // By itself, as libraries do that have stepped in for a while: what stands behind the call must not be reached.
  wrapMethod(process, 'kill', () => {
    return function (...args) {
      if (args[0] === process.pid && isDeadly(args[1]) && isMainThread()) prepareToDie()
      return Reflect.apply(kill, this, args)
    }
  })

  function prepareToDie(): void {
    // Who has no patience and sends another signal ends the process at once.
    for (const signal of SIGNALS) listeners?.forget(signal)
    leaveRawMode()
    onEnd(uncaught)
  }

  return () => {
    if (listeners !== undefined) return
    listeners = new UnnoticedListeners(process)
    listeners.listen('beforeExit', onEmpty)
    listeners.listen('exit', () => {
      // Programs emit it too.
      if (exiting() !== false) onEnd(uncaught)
    })
    listeners.listen('uncaughtExceptionMonitor', (error: unknown) => {
      uncaught = { error }
      // Thrown by an exit listener before ours: there is no second exit event.
      if (exiting() === true) return onEnd(uncaught)
      listeners?.settle('exit')
      // A program that goes on has handled it.
      runIn(SUPPRESSED_CONTEXT, setImmediate<[]>, undefined, () => {
        uncaught = undefined
      }).unref()
    })
    // Threads other than the main one do not hear of them.
    for (const signal of SIGNALS) {
      listeners.listenAlone(signal, (_name: unknown, number: unknown) => {
        // Programs emit them too, and then without a number.
        if (number === undefined) return
        prepareToDie()
        kill.call(process, process.pid, signal)
      })
    }
  }
}

/** Undefined where a Node.js to come does not tell. */
function exiting(): boolean | undefined {
  return (process as { _exiting?: boolean })._exiting
}

/** The signal, by name or number, ends the process: nobody listens to it. */
function isDeadly(signal: unknown): boolean {
  const name = typeof signal === 'number' ? nameOf(signal) : signal || 'SIGTERM'
  return typeof name === 'string' && DEADLY.has(name) && process.listenerCount(name) === 0
}

function nameOf(number: number): string | undefined {
  const { signals } = process.getBuiltinModule('node:os').constants
  return Object.keys(signals).find((name) => signals[name as NodeJS.Signals] === number)
}

/** Asked late, for it loads a module. */
function isMainThread(): boolean {
  return process.getBuiltinModule('node:worker_threads').isMainThread
}

/** Node.js does so itself when a signal ends it that nobody has ever listened to. */
function leaveRawMode(): void {
  try {
    const { isatty } = process.getBuiltinModule('node:tty')
    if (isatty(0) && process.stdin.isRaw) process.stdin.setRawMode(false)
  } catch {
    // A terminal that has gone away has no mode.
  }
}
