import { readFile, readFileSync, type Stats, stat, statSync, watchFile } from 'node:fs'
import { constants } from 'node:os'
import { basename } from 'node:path'
import type { Config, ControlConfig, SamplingConfig } from './config/config.js'
import { ControlSource, type RunTimeSettings } from './config/control.js'
import type { Environment } from './config/environment.js'
import { absolutePath } from './config/path.js'
import { runOutside } from './context/manager.js'
import { diag, LOG_LEVELS, type LogLevel } from './diag/diag.js'
import { printable } from './diag/printable.js'
import type { Instrumentation } from './instrumentation/instrumentation.js'
import type { Library } from './instrumentation/library.js'

/** From one look at the file to the next. */
const LOOK_EVERY_MILLIS = 1000
const MAX_BYTES = 65_536
/** By which the main thread, which alone hears signals, tells the others. */
const CHANNEL = 'autospan.control'

export interface ControlOptions {
  readonly config: Config
  readonly control: ControlConfig
  /** That the settings were read from. */
  readonly environment: Environment
  /** All that there are. */
  readonly instrumentations: readonly Instrumentation[]
  /** Of several threads one tells what has changed. */
  readonly isMainThread: boolean
  /** A sampler as the start tells it. */
  readonly describe: (sampling: SamplingConfig) => string
}

/**
 * Log level, sampling and libraries as they are switched while the program runs: by a file that is looked at every
 * second, and by a signal, which has it looked at now; without a file the signal turns the level to debug and back. A
 * file that comes, goes, or is another one behind a symbolic link is noticed, for what is looked at is what the path leads to.
 */
export class Control {
  readonly #options: ControlOptions
  readonly #path: string | undefined
  readonly #source: ControlSource
  readonly #libraries = new Map<string, Library[]>()
  readonly #isOn = new Map<string, boolean>()
  #level: LogLevel
  #sampling: SamplingConfig
  #onSampling: (sampling: SamplingConfig) => void = () => {}
  #isLooking = false
  #isStale = false
  #problem: string | undefined = undefined

  constructor(options: ControlOptions) {
    const { config, control, environment, instrumentations } = options
    const names = instrumentations.map(({ name }) => name)
    this.#options = options
    this.#path = control.file === undefined ? undefined : absolutePath(control.file)
    this.#source = new ControlSource(environment, names, basename(this.#path ?? ''))
    this.#level = config.logLevel
    this.#sampling = config.traces.sampling
    for (const name of names) this.#isOn.set(name, config.instrumentations.isEnabled(name))
  }

  /** What counts now. */
  get current(): Config {
    const { config } = this.#options
    return { ...config, traces: { ...config.traces, sampling: this.#sampling } }
  }

  /** The signal that is to be listened to; undefined where none was asked for, or the system has none of the name. */
  get signal(): NodeJS.Signals | undefined {
    const { signal } = this.#options.control
    return signal !== undefined && signal in constants.signals ? signal : undefined
  }

  /** A library that is hooked; one may be so in several ways. */
  add(name: string, library: Library): void {
    const known = this.#libraries.get(name) ?? []
    this.#libraries.set(name, [...known, library])
    if (this.#isOn.get(name) === false) library.turn(false)
  }

  /** Takes over what the file says by now, and looks at it from now on. */
  start(onSampling: (sampling: SamplingConfig) => void): void {
    this.#onSampling = onSampling
    const { control, isMainThread } = this.#options
    if (isMainThread && control.signal !== undefined && this.signal === undefined)
      diag.warn(`AUTOSPAN_CONTROL_SIGNAL=${control.signal} is not known to this system; it is ignored`)
    if (!isMainThread && this.signal !== undefined) this.#hearMainThread()
    const path = this.#path
    if (path === undefined) return
    this.#take(() => {
      const stats = statSync(path)
      return refusal(stats) ?? { text: readFileSync(path, 'utf8') }
    })
    try {
      runOutside(() => {
        watchFile(path, { persistent: false, interval: LOOK_EVERY_MILLIS }, () => this.#look(path))
      }, undefined)
    } catch (error) {
      // Without the permission to read it Node.js refuses to look at it at all.
      this.#take(() => throwing(error as Error))
    }
  }

  /** The signal has come. */
  signalled(): void {
    runOutside(() => {
      if (this.#options.isMainThread) {
        const { BroadcastChannel } = process.getBuiltinModule('node:worker_threads')
        const channel = new BroadcastChannel(CHANNEL)
        channel.postMessage('')
        channel.close()
      }
      this.#onSignal()
    }, undefined)
  }

  #hearMainThread(): void {
    const { BroadcastChannel } = process.getBuiltinModule('node:worker_threads')
    runOutside(() => {
      const channel = new BroadcastChannel(CHANNEL)
      channel.onmessage = () => this.#onSignal()
      channel.unref()
    }, undefined)
  }

  #onSignal(): void {
    if (this.#path !== undefined) {
      this.#look(this.#path)
      return
    }
    const { logLevel } = this.#options.config
    const other = LOG_LEVELS.indexOf(logLevel) < LOG_LEVELS.indexOf('debug') ? 'debug' : 'info'
    this.#setLevel(this.#level === logLevel ? other : logLevel, [], this.signal ?? '')
  }

  #look(path: string): void {
    this.#isStale = true
    if (this.#isLooking) return
    this.#isLooking = true
    this.#isStale = false
    const done = (answer: () => Answer): void => {
      this.#isLooking = false
      this.#take(answer)
      if (this.#isStale) this.#look(path)
    }
    stat(path, (error, stats) => {
      if (error !== null) done(() => throwing(error))
      else if (refusal(stats) !== undefined) done(() => refusal(stats)!)
      else readFile(path, 'utf8', (failure, text) => done(() => (failure === null ? { text } : throwing(failure))))
    })
  }

  #take(answer: () => Answer): void {
    try {
      const { text, problem } = answerOf(answer)
      if (problem !== undefined && problem !== this.#problem)
        diag.warn(`the control file ${printable(String(this.#path))} ${problem}; what was set before goes on`)
      this.#problem = problem
      if (problem !== undefined) return
      const complaints: string[] = []
      const settings = this.#source.read(text, (line) => complaints.push(line))
      // Those of a worker are the main thread's, which has told them.
      if (this.#options.isMainThread) for (const complaint of complaints) diag.warn(complaint)
      const name = basename(this.#path ?? '')
      this.#apply(settings, text === undefined ? `${name} is gone` : name)
    } catch (error) {
      diag.fault('the control of settings', error)
    }
  }

  #apply({ logLevel, sampling, isEnabled }: RunTimeSettings, because: string): void {
    const lines: string[] = []
    const { describe, instrumentations } = this.#options
    if (JSON.stringify(sampling) !== JSON.stringify(this.#sampling)) {
      lines.push(`sampler ${describe(this.#sampling)} -> ${describe(sampling)}`)
      this.#sampling = sampling
      this.#onSampling(sampling)
    }
    for (const instrumentation of instrumentations)
      lines.push(...this.#switch(instrumentation, isEnabled(instrumentation.name)))
    this.#setLevel(logLevel, lines, because)
  }

  #switch({ name, modules = [], channels = [] }: Instrumentation, isOn: boolean): readonly string[] {
    if (this.#isOn.get(name) === isOn) return []
    this.#isOn.set(name, isOn)
    if (modules.length + channels.length === 0)
      return [`${name} stays ${isOn ? 'off' : 'on'}: it only measures, which begins and ends with the program`]
    const libraries = this.#libraries.get(name)
    if (libraries !== undefined) {
      for (const library of libraries) library.turn(isOn)
      return [`${name} ${isOn ? 'off -> on' : 'on -> off'}`]
    }
    // What is not hooked though it is enabled has nothing to do anyway.
    const isHookable = this.#options.config.instrumentations.isEnabled(name)
    return isOn && !isHookable ? [`${name} stays off: it was off at the start, and to hook it takes another start`] : []
  }

  /** Changes are told as the more talkative of both levels has it, lest one that silences be silent. */
  #setLevel(level: LogLevel, lines: readonly string[], because: string): void {
    const before = this.#level
    const told = level === before ? lines : [...lines, `log level ${before} -> ${level}`]
    this.#level = level
    if (LOG_LEVELS.indexOf(level) > LOG_LEVELS.indexOf(before)) diag.setLevel(level)
    const say = this.#options.isMainThread ? diag.info : diag.debug
    for (const line of told) say(`${because}: ${line}`)
    diag.setLevel(level)
  }
}

/** What was found at the path: a text or none, or why it is of no use. */
interface Answer {
  readonly text?: string | undefined
  readonly problem?: string
}

function answerOf(ask: () => Answer): Answer {
  try {
    return ask()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === 'ENOENT' || code === 'ENOTDIR'
      ? { text: undefined }
      : { problem: `cannot be read: ${code ?? error}` }
  }
}

function refusal(stats: Stats): Answer | undefined {
  if (!stats.isFile()) return { problem: 'is no file' }
  return stats.size > MAX_BYTES ? { problem: `is longer than ${MAX_BYTES} bytes` } : undefined
}

function throwing(error: Error): never {
  throw error
}
