import type { Socket } from 'node:net'
import { Dial, type DialSettings } from './dial.js'
import { ResponseError } from './http-response.js'
import { failure, Settlement } from './settlement.js'
import { type Answer, type Interrupted, obstacleOf, reasonOf } from './transport.js'

/** A connection that takes one request after the other. */
export interface Connection {
  /** It can take another request. */
  readonly isOpen: boolean
  destroy(): void
}

/** One request on a connection, and what the server says to it. */
export interface Exchange {
  /** The request has left the process in full. */
  readonly isSent: boolean
  /** Nothing has come that tells of an answer. */
  readonly isUntouched: boolean
  /** What the answer means; undefined while there is none, or it does not tell yet. */
  readonly answer: Answer | undefined
  /** Looks for the answer without the event loop; undefined while there is none. Left out where nobody can look. */
  readonly look?: (() => Answer | undefined) | undefined
}

/**
 * Sends a request, on one connection or, where that was of no use, on the next. `end` is called once: without an error
 * when the answer is whole, or with what has ended the exchange before.
 *
 * @throws an error where the connection has just ended
 */
export type Send<C extends Connection> = (connection: C, end: (error: unknown) => void) => Exchange

/** One request and its answer: on the connection that was kept, or on a new one. */
export class Attempt<C extends Connection> {
  readonly settlement: Settlement
  readonly #dialSettings: DialSettings
  readonly #open: (socket: Socket) => C
  readonly #send: Send<C>
  #dial: Dial | undefined
  #connection: C | undefined
  #exchange: Exchange | undefined

  constructor(
    dialSettings: DialSettings,
    open: (socket: Socket) => C,
    kept: C | undefined,
    send: Send<C>,
    timeoutMillis: number,
  ) {
    this.#dialSettings = dialSettings
    this.#open = open
    this.#send = send
    this.settlement = new Settlement(timeoutMillis, () => {
      const missing = this.#connection === undefined ? 'no connection' : 'no answer'
      this.#fail(`${missing} within ${Math.round(timeoutMillis)} ms`, { obstacle: 'timeout' })
      this.#cut()
    })
    if (kept?.isOpen === true) this.#sendOn(kept, true)
    else this.#connect()
  }

  /** The connection, where it can take another request. */
  get connection(): C | undefined {
    return this.#connection?.isOpen === true ? this.#connection : undefined
  }

  /** Ends the attempt if the server cannot have the request in full yet. */
  release(): void {
    if (this.#exchange?.isSent !== true)
      this.abort(this.#connection === undefined ? 'no connection in time' : 'the request is not read')
  }

  interrupt(): Interrupted {
    const answer = this.settlement.answer ?? this.#exchange?.answer
    if (answer !== undefined) return { kind: 'answered', answer }
    if (this.#exchange?.isSent !== true) {
      // The connection is cut before the same request goes out on another: this one is never whole.
      this.#cut()
      return { kind: 'unsent' }
    }
    const { look } = this.#exchange
    return look === undefined ? { kind: 'sent' } : { kind: 'sent', look }
  }

  /** The connection goes as well: it may be dead, which nothing else would tell. */
  abort(reason: string): void {
    this.#fail(reason)
    this.#cut()
  }

  #cut(): void {
    this.#dial?.abort()
    this.#connection?.destroy()
  }

  #connect(): void {
    this.#dial = new Dial(this.#dialSettings, (error, socket) => {
      this.#dial = undefined
      if (socket === undefined) this.#fail(reasonOf(error), obstacleOf(error))
      else this.#sendOn(this.#open(socket), false)
    })
  }

  #sendOn(connection: C, isKept: boolean): void {
    this.#connection = connection
    try {
      this.#exchange = this.#send(connection, (error) => this.#end(error, isKept))
    } catch (error) {
      this.#end(error, isKept)
    }
  }

  #end(error: unknown, isKept: boolean): void {
    const answer = this.#exchange?.answer
    if (error === undefined && answer !== undefined) this.settlement.settle(answer)
    else if (error instanceof ResponseError && error.isTooLong)
      this.settlement.settle({ kind: 'refused', reason: error.message })
    else if (isKept && this.#exchange?.isUntouched !== false && this.settlement.answer === undefined) this.#sendAgain()
    else this.#fail(reasonOf(error), obstacleOf(error))
  }

  /** The connection was idle and the server had closed it: another one may work at once. */
  #sendAgain(): void {
    this.#connection?.destroy()
    this.#connection = undefined
    this.#exchange = undefined
    this.#connect()
  }

  /** An answer that has come stands, whatever became of its rest: what was accepted may not be sent again. */
  #fail(reason: string, obstacle: ReturnType<typeof obstacleOf> = {}): void {
    this.settlement.settle(this.#exchange?.answer ?? failure(reason, this.#connection !== undefined, obstacle))
  }
}
