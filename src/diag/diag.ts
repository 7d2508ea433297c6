import { writeSync } from 'node:fs'

/** From silent to all; `OTEL_LOG_LEVEL`. */
export const LOG_LEVELS = ['none', 'error', 'warn', 'info', 'debug', 'verbose', 'all'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

const PREFIX = 'autospan: '
/** How many different places may speak "once": a bound on memory, far above what the agent has. */
const MAX_ONCE = 1000

let threshold = LOG_LEVELS.indexOf('info')
let failures = 0
const said = new Set<string>()

/**
 * The agent's own voice: whole lines on stderr, never on stdout, and never an exception.
 * It writes to the descriptor, for `process.stderr` costs start-up time and may be replaced.
 */
export const diag = {
  setLevel(level: LogLevel): void {
    threshold = LOG_LEVELS.indexOf(level)
  },

  isOn(level: LogLevel): boolean {
    return LOG_LEVELS.indexOf(level) <= threshold
  },

  error(message: string): void {
    write('error', message)
  },

  warn(message: string): void {
    write('warn', message)
  },

  info(message: string): void {
    write('info', message)
  },

  debug(message: string): void {
    write('debug', message)
  },

  /** Warns the first time that `place` is named. */
  warnOnce(place: string, message: string): void {
    if (said.has(place) || said.size >= MAX_ONCE) return
    said.add(place)
    write('warn', message)
  },

  /** A fault of the agent's own: counted, and said once for each place with the error's stack at debug level. */
  fault(place: string, error: unknown): void {
    failures++
    const detail = textOf(error, diag.isOn('debug'))
    diag.warnOnce(`fault ${place}`, `internal error in ${place}, the program goes on without it: ${detail}`)
  },

  /** How many faults of its own the agent has caught. */
  faults(): number {
    return failures
  },
}

/** What was thrown, which may be anything, also what throws when it is looked at. */
export function textOf(thrown: unknown, withStack = false): string {
  try {
    return withStack && thrown instanceof Error ? String(thrown.stack) : String(thrown)
  } catch {
    return 'something that cannot be shown'
  }
}

function write(level: LogLevel, message: string): void {
  if (!diag.isOn(level)) return
  const line = `${PREFIX}${message.replaceAll('\n', '\n  ')}\n`
  try {
    writeSync(2, line)
  } catch {
    // The descriptor is closed, or a full non-blocking pipe: the line is lost rather than the program held.
  }
}
