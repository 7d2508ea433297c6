import type { LogRecord } from '@opentelemetry/api-logs'
import { stackHere } from '../diag/stack.js'
import { asJson } from '../trace/attributes.js'
import type { Kit } from './kit.js'
import { SEVERITY_DEBUG, SEVERITY_ERROR, SEVERITY_FATAL, SEVERITY_INFO, SEVERITY_WARN } from './severity.js'

type Fields = Readonly<Record<string, unknown>>

/** Levels of pino and bunyan, ascending, with their place in the logs data model. */
const NUMBERED: readonly (readonly [level: number, severity: number])[] = [
  [10, 1],
  [20, SEVERITY_DEBUG],
  [30, SEVERITY_INFO],
  [40, SEVERITY_WARN],
  [50, SEVERITY_ERROR],
  [60, SEVERITY_FATAL],
]

/** Levels by the names that npm, syslog and the command line give them in winston, and by those of the data model. */
const NAMED: Readonly<Record<string, number>> = {
  silly: 1,
  trace: 1,
  verbose: 6,
  debug: SEVERITY_DEBUG,
  http: 7,
  info: SEVERITY_INFO,
  data: SEVERITY_INFO,
  help: SEVERITY_INFO,
  input: SEVERITY_INFO,
  prompt: SEVERITY_INFO,
  notice: 10,
  warn: SEVERITY_WARN,
  warning: SEVERITY_WARN,
  error: SEVERITY_ERROR,
  fatal: SEVERITY_FATAL,
  crit: SEVERITY_FATAL,
  alert: 22,
  emerg: 23,
}

let writing = 0

/**
 * Marks the time in which `method` writes records that are sent: what a library prints meanwhile by `console` are these,
 * and no records of their own. Not where `console` is not sent: mixins and formats of the program's may look up in the
 * stack who has called, and this would stand in between.
 */
export function markWriting(kit: Kit, prototype: object, method: string | symbol): void {
  if (!kit.sendsConsole) return
  kit.wrap(prototype, method, (write) => {
    return function (...args) {
      writing++
      try {
        return write.apply(this, args)
      } finally {
        writing--
      }
    }
  })
}

export function isWriting(): boolean {
  return writing > 0
}

/**
 * Whether `text` is the stack that `console.trace` has `console.error` print just now. The program may print the like
 * itself, so who has called is looked up.
 */
export function isTrace(text: unknown): boolean {
  if (typeof text !== 'string' || !text.startsWith('Trace')) return false
  return /^ +at (\S+\.)?trace \(node:internal\/console\//m.test(stackHere())
}

/** What libraries write of the process into each record. */
export function processFields(): Fields {
  return { pid: process.pid, hostname: process.getBuiltinModule('node:os').hostname() }
}

/** Takes out what the library has written: the program may have fields of these names, with values of their own. */
export function ownFields(fields: Record<string, unknown>, written: Fields): Fields {
  for (const key of Object.keys(written)) if (fields[key] === written[key]) delete fields[key]
  return fields
}

/** A level between two known ones is a little more than the lower. */
export function numberedSeverity(level: number): number {
  const known = NUMBERED.findLast(([least]) => level >= least)
  if (known === undefined) return 1
  return level === known[0] ? known[1] : known[1] + 1
}

/** 0, unspecified, for a name of the program's own. */
export function namedSeverity(level: string): number {
  return Object.hasOwn(NAMED, level) ? (NAMED[level] ?? 0) : 0
}

/**
 * The attributes of a record's fields: an error by the semantic conventions, anything else as JSON would have it.
 * What JSON cannot say is left out.
 *
 * @param errors names of fields that may hold the record's error
 */
export function recordAttributes(fields: Fields, ...errors: readonly string[]): LogRecord['attributes'] {
  const attributes: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(fields)) {
    if (errors.includes(key) && isErrorLike(value))
      Object.assign(attributes, exceptionAttributes(value), restOf(key, value))
    else attributes[key] = jsonValue(value)
  }
  return attributes as LogRecord['attributes']
}

/** Of an error, or of what a serializer has made of one. */
export function exceptionAttributes(error: Fields): Fields {
  const { type, name, message, stack } = error
  return {
    'exception.type': textOf(type ?? name),
    'exception.message': textOf(message),
    'exception.stacktrace': textOf(stack),
  }
}

/** What an error has besides: its code, its status. */
function restOf(key: string, { type: _type, name: _name, message: _message, stack: _stack, ...rest }: Fields): Fields {
  return Object.keys(rest).length === 0 ? {} : { [key]: jsonValue(rest) }
}

function isErrorLike(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && ('stack' in value || 'message' in value)
}

function textOf(value: unknown): string | undefined {
  return value === undefined ? undefined : String(value)
}

/** As JSON would have it, an error by the semantic conventions; undefined for what cannot be said so. */
export function jsonValue(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  return asJson(value instanceof Error ? { toJSON: () => exceptionAttributes(value as never) } : value)
}
