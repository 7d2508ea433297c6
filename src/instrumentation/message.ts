import type { EventEmitter } from 'node:events'
import type { Context } from '@opentelemetry/api'

/** Where a request or response of node:http carries the context in which its listeners run. */
export const CONTEXT: unique symbol = Symbol('autospan.http.context')
/** Where a message carries what is to happen when it ends. */
export const LIFE: unique symbol = Symbol('autospan.http.life')

/** The part of a traced call that hears of its messages' events. */
export interface MessageLife {
  /** Called when the message's head is about to be written. */
  started(): void
  /** Called before the listeners of `event` run. */
  before(event: string, argument: unknown): void
  /** Called after they have run, or thrown. */
  after(event: string): void
}

/** A message of node:http as the agent has marked it. */
export interface Message extends EventEmitter {
  [CONTEXT]?: Context
  [LIFE]?: MessageLife
}
