import type { EventEmitter } from 'node:events'
import type { Context } from '@opentelemetry/api'

/** Where a message of node:http, request or response, carries the traced call that it belongs to. */
export const LIFE: unique symbol = Symbol('autospan.http.life')

/** A message of node:http as the agent has marked it. */
export interface Message extends EventEmitter {
  [LIFE]?: MessageLife
}

/** A call that is traced, as its messages know it. A call that is not recorded has its context only. */
export class MessageLife {
  /** In which the listeners of its messages run. */
  readonly context: Context

  constructor(context: Context) {
    this.context = context
  }

  /** The head of a message is about to be written. */
  started(): void {}

  /** The listeners of an event of `message` are about to run. */
  before(_event: string, _message: Message, _argument: unknown): void {}

  /** They have run, or thrown. */
  after(_event: string, _message: Message): void {}
}
