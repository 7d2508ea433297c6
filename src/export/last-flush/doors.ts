import { runOutside } from '../../context/manager.js'
import { setImmediate } from '../../context/timers.js'
import { diag } from '../../diag/diag.js'
import { wrapMethod } from '../../instrumentation/wrap.js'
import { isMainThread } from '../../main-thread.js'
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
  /** The event loop is empty, and the program does not listen to that: the process ends, unless something is started. */
  readonly onEmpty: () => void
  /**
   * The process ends when this returns, because of an error or not. Called twice where the program
   * goes on after the first time: by listeners of its own that come later. Must not throw. Where a signal ends it,
   * further signals are ignored until it returns, or has called `letGo`.
   */
  readonly onEnd: (uncaught: Uncaught | undefined, letGo?: () => void) => void
  /** A signal from outside that ends nothing, beside what the program makes of it. */
  readonly control?: SignalListener | undefined
}

export interface SignalListener {
  readonly signal: NodeJS.Signals
  readonly onSignal: () => void
}

/**
 * Watches all ways by which a process or thread can end and still be heard of. The exit code, the
 * signal and what is printed stay what they would have been, and the program decides as before what
 * ends it: nothing here is there for it to see.
 *
 * @returns what makes signals heard too. They are not from the start: a process that listens to a signal can no
 *   longer be ended by it in the midst of a long computation.
 */
export function watchDoors({ onEmpty, onEnd, control }: Doors): () => void {
  const listeners = new UnnoticedListeners(process)
  let uncaught: Uncaught | undefined

  listeners.listen('beforeExit', () => {
    // Whoever has the event loop turn once more has the program's own listeners called once more, too.
    if (process.listenerCount('beforeExit') === 0) onEmpty()
  })
  listeners.listen('exit', () => {
    // Programs emit it too.
    if (exiting() !== false) onEnd(uncaught)
  })
  listeners.listen('uncaughtExceptionMonitor', (error: unknown) => {
    uncaught = { error }
    // Thrown by an exit listener before ours: there is no second exit event.
    if (exiting() === true) return onEnd(uncaught)
    listeners.settle('exit')
    // A program that goes on has handled it.
    runOutside(setImmediate<[]>, undefined, () => {
      uncaught = undefined
    }).unref()
  })
  wrapMethod(process, 'reallyExit', (reallyExit) => {
    return function (...args) {
      onEnd(uncaught)
      return reallyExit.apply(this, args)
    }
  })
  // Has another program take the place of this one, from Node.js 22.15 on; other threads are refused.
  if ('execve' in process && isMainThread()) {
    wrapMethod(process, 'execve', (execve) => {
      return function (...args) {
        onEnd(uncaught)
        return execve.apply(this, args)
      }
    })
  }
  return watchSignals(listeners, (letGo) => onEnd(uncaught, letGo), control)
}

/** Undefined where a Node.js to come does not tell. */
function exiting(): boolean | undefined {
  return (process as { _exiting?: boolean })._exiting
}

function watchSignals(
  listeners: UnnoticedListeners,
  onEnd: (letGo: () => void) => void,
  control?: SignalListener,
): () => void {
  const { kill } = process
  // By itself, as libraries do that have stepped in for a while: what stands behind the call must not be reached.
  wrapMethod(process, 'kill', () => {
    return function (...args) {
      const isSelf = args[0] === process.pid && process.pid !== 1 && isMainThread()
      const signal = isSelf ? nameOf(args[1]) : undefined
      if (signal !== undefined && DEADLY.has(signal) && process.listenerCount(signal) === 0) prepare()
      return Reflect.apply(kill, this, args)
    }
  })

  function prepare(): void {
    leaveRawMode()
    onEnd(letGo)
    letGo()
  }

  /** From now on a signal ends the process at once. */
  function letGo(): void {
    for (const signal of SIGNALS) listeners.forget(signal)
    if (control !== undefined) listeners.forget(control.signal)
  }

  const onSignal = (signal: NodeJS.Signals) => (_name: unknown, number: unknown) => {
    // Programs emit them too, and then without a number.
    if (number === undefined) return
    prepare()
    kill.call(process, process.pid, signal)
  }

  if (control !== undefined && isMainThread()) {
    listeners.listen(control.signal, (_name: unknown, number: unknown) => {
      if (number !== undefined) control.onSignal()
    })
  }

  // Process 1, as the program of a container, is ended by no signal that it does not listen to.
  if (process.pid === 1) return () => {}

  let heard = false
  // A few words, as they are part of the start of most spans.
  return () => {
    if (!heard) hear()
  }

  function hear(): void {
    heard = true
    // Other threads hear of no signals.
    if (!isMainThread()) return
    try {
      for (const signal of SIGNALS) listeners.listenAlone(signal, onSignal(signal))
    } catch (error) {
      // Called within the start of a span, in the midst of the program.
      diag.fault('listening to signals', error)
    }
  }
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

function nameOf(signal: unknown): NodeJS.Signals | undefined {
  if (typeof signal !== 'number') return (signal || 'SIGTERM') as NodeJS.Signals
  const { signals } = process.getBuiltinModule('node:os').constants
  return (Object.keys(signals) as NodeJS.Signals[]).find((name) => signals[name] === signal)
}
