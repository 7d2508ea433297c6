import { createRequire } from 'node:module'
import { diag } from '../diag/diag.js'
import { Division } from './division.js'
import type { Batch } from './queue.js'
import type { DeliveryReport } from './report.js'
import type { Signal } from './signal.js'
import type { Accepted, Refused } from './transport/transport.js'

const require = createRequire(import.meta.url)

/**
 * Accounts for what the server said of each batch, and makes smaller ones: of those that are larger than
 * a request may be, and of those that the server refuses for their size (413) or for something in them
 * (400). Halved until it stands alone, one record that the server does not take is lost, and its
 * neighbours arrive.
 */
export class Divider {
  readonly #signal: Signal
  readonly #report: DeliveryReport
  readonly #contentType: string
  readonly #settled: (batch: Batch) => void
  #requestBytes: number
  /** False after a division of which nothing was accepted, until something is. */
  #hopes = true

  /** `settled` hears of each batch that the server has accepted, or refused for good. */
  constructor(
    signal: Signal,
    report: DeliveryReport,
    contentType: string,
    requestBytes: number,
    settled: (batch: Batch) => void,
  ) {
    this.#settled = settled
    this.#signal = signal
    this.#report = report
    this.#contentType = contentType
    this.#requestBytes = requestBytes
  }

  /** What a request may have: less than was set once the server has called one too large. */
  get requestBytes(): number {
    return this.#requestBytes
  }

  /** The batch as it is to be sent: mostly itself, in two where it is too large, not at all where there is no hope. */
  prepare(batch: Batch): readonly Batch[] {
    if (batch.division?.isHopeless) {
      this.#refuse(batch, batch.division.last)
      return []
    }
    if (batch.body.byteLength <= this.#requestBytes || batch.records < 2) return [batch]
    return this.#halves(batch) ?? [batch]
  }

  /** Returns what is to be sent instead of a batch that was refused; nothing where it is settled. */
  settle(batch: Batch, answer: Accepted | Refused): readonly Batch[] {
    if (answer.kind === 'refused') return this.#divide(batch, answer) ?? this.#refuse(batch, answer, answer.isNoPlace)
    this.#hopes = true
    this.#report.accepted(batch.records, answer.rejected, answer.message)
    batch.division?.accepted(batch.records)
    this.#settled(batch)
    this.#end(batch)
    return []
  }

  /** The batches will not be sent, which somebody else has counted. */
  lose(batches: readonly Batch[]): void {
    for (const batch of batches) {
      batch.division?.lost(batch.records)
      this.#end(batch)
    }
  }

  #divide(batch: Batch, answer: Refused): readonly Batch[] | undefined {
    const { culprit } = answer
    if (culprit === undefined || batch.records < 2) {
      batch.division?.objected()
      return undefined
    }
    if (culprit === 'size') this.#requestBytes = Math.min(this.#requestBytes, batch.body.byteLength >> 1)
    else if (!this.#hopes) return undefined
    const division = batch.division ?? new Division(batch.records, answer)
    division.objected()
    division.last = answer
    return division.isHopeless ? undefined : this.#halves({ ...batch, division })
  }

  #halves(batch: Batch): readonly Batch[] | undefined {
    const { halve } = require('../otlp/halve.js') as typeof import('../otlp/halve.js')
    try {
      return halve(batch.body, this.#contentType, this.#signal.name)?.map((half) => ({ ...batch, ...half }))
    } catch (error) {
      diag.fault('the division of requests', error)
      return undefined
    }
  }

  #refuse(batch: Batch, answer: Refused, isNoPlace?: boolean): readonly [] {
    if (batch.division === undefined) this.#report.refused(batch.records, answer, isNoPlace)
    else batch.division.refuse(batch.records, answer)
    this.#settled(batch)
    this.#end(batch)
    return []
  }

  #end({ division }: Batch): void {
    if (division?.isOver !== true) return
    if (!division.isPartlyAccepted) this.#hopes = false
    if (division.refused > 0) this.#report.refused(division.refused, division.last)
  }
}
