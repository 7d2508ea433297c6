import type { Refused } from './transport/transport.js'

/** More refusals of one request's parts than this are not worth their traffic. */
const MAX_REFUSALS = 200
/** Refusals one after the other, beyond those that lead to a single record and to its neighbour. */
const IN_A_ROW = 4

/**
 * A request that was refused as a whole and goes on in halves, until what the server minds stands alone.
 * A server that takes none of them minds something else, so that it is not asked for ever.
 */
export class Division {
  /** The server's words on the last part that it refused. */
  last: Refused
  /** Records that were refused for good. */
  refused = 0
  isPartlyAccepted = false
  #left: number
  #refusals = 0
  #inARow = 0
  readonly #mostInARow: number

  /** `records` are those of the whole request, which got `answer`. */
  constructor(records: number, answer: Refused) {
    this.last = answer
    this.#left = records
    this.#mostInARow = 2 * Math.ceil(Math.log2(records)) + IN_A_ROW
  }

  /** All records are accounted for. */
  get isOver(): boolean {
    return this.#left === 0
  }

  /** No part is worth being sent any more. */
  get isHopeless(): boolean {
    return this.#refusals > MAX_REFUSALS || this.#inARow > this.#mostInARow
  }

  /** The server refused a part. */
  objected(): void {
    this.#refusals++
    this.#inARow++
  }

  accepted(records: number): void {
    this.isPartlyAccepted = true
    this.#inARow = 0
    this.#left -= records
  }

  refuse(records: number, answer: Refused): void {
    this.refused += records
    this.last = answer
    this.#left -= records
  }

  /** Records that will not be sent. */
  lost(records: number): void {
    this.#left -= records
  }
}
