import type { EventEmitter } from 'node:events'
import type { Context } from '@opentelemetry/api'

/** Where a message of node:http, request or response, carries the traced call that it belongs to. */
const LIFE: unique symbol = Symbol('autospan.http.life')

/** By which `util.inspect`, and with it `console.log`, asks an object how it is shown. */
const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom')

/** A message of node:http as the agent may have marked it. */
export interface Message extends EventEmitter {
  [LIFE]?: MessageLife
}

/** A call that is traced, as its messages know it. A call that is not recorded has its context only. */
export class MessageLife {
  /** In which the listeners of its messages run. */
  readonly context: Context
  /** It has been told, and heeds nothing any more. */
  isOver = false

  constructor(context: Context) {
    this.context = context
  }

  /** A word, for a program that prints a request does not want to see the span, the resource and the agent. */
  [INSPECT](): string {
    return 'autospan'
  }

  /** Whether it is of a request that has no head yet. */
  get isUnsent(): boolean {
    return false
  }

  /** The head of a message is about to be written. */
  started(): void {}

  /** Whether `before` and `after` are to be called for an event: for most it is nothing that happens most often. */
  heeds(_event: string): boolean {
    return false
  }

  /** The listeners of an event of `message` are about to run. */
  before(_event: string, _message: Message, _argument: unknown): void {}

  /** They have run, or thrown. */
  after(_event: string, _message: Message): void {}
}

/** Requests that servers of this thread have begun to serve, and how many of them are over; where they are measured. */
export const served = {
  /** Whether requests to servers of node:http are looked for at all. */
  areCounted: false,
  begun: 0,
  ended: 0,
  /** Called before the next one is counted. */
  onNext: undefined as (() => void) | undefined,
}

/*
 * The two messages that were asked for last, which in most cases are a request and its response: nearly all questions
 * for a request come in two rows, at its start and at its end. To read a property of the message itself takes 0.1 to
 * 0.5 us with Node.js 20 and 22 once express has changed its prototype.
 */
let recent: Message | undefined
let recentLife: MessageLife | undefined
let older: Message | undefined
let olderLife: MessageLife | undefined

export function setLife(message: Message, life: MessageLife): void {
  message[LIFE] = life
  remember(message, life)
}

/** Has the objects of a prototype belong to the calls of the messages that they stand for, which they have as `property`. */
export function shareLife(prototype: object, property: string): void {
  Object.defineProperty(prototype, LIFE, {
    get(this: Record<string, Message | undefined>) {
      return this[property]?.[LIFE]
    },
    configurable: true,
  })
}

/** Undefined for a message that is not traced. */
export function lifeOf(message: Message): MessageLife | undefined {
  if (message === recent) return recentLife
  if (message === older) return olderLife
  const life = message[LIFE]
  if (life !== undefined && !life.isOver) remember(message, life)
  return life
}

/** Little more is expected of a message: the next question may be the last one's only reference to it. */
export function forget(message: Message): void {
  if (message === recent) {
    recent = undefined
    recentLife = undefined
  } else if (message === older) {
    older = undefined
    olderLife = undefined
  }
}

function remember(message: Message, life: MessageLife): void {
  older = recent
  olderLife = recentLife
  recent = message
  recentLife = life
}
