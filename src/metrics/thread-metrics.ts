import type { Attributes, Span } from '@opentelemetry/api'
import type { AttributeList } from '../trace/attributes.js'
import { FLAG_SAMPLED } from '../trace/span.js'
import { type BoundInstrument, type ObservableInstrument, SyncInstrument } from './instruments.js'
import {
  type Announcement,
  decodeMessage,
  type MeasuredIn,
  type Measurement,
  type ObservedMetric,
  THREAD_ID,
} from './measurement-message.js'
import { Observations } from './observations.js'
import type { AgentMeterProvider } from './provider.js'
import type { Observe } from './reader.js'

/** A number that goes up and down, and what one thread has added to it. */
interface Share {
  readonly bound: BoundInstrument
  sum: number
}

export interface ThreadMetricsSettings {
  readonly provider: AgentMeterProvider
  /** Takes what threads have handed over, before each collection. */
  readonly drain: () => void
  /** A thread measures something that is not of the process itself. */
  readonly onMeasured: () => void
}

/** How many threads that have gone wait, at most, for readers that do not ask: one for Prometheus may never do. */
const LAST_WORDS = 1000

/** Counts the measurements of worker threads with those of this one. */
export class ThreadMetrics {
  readonly #settings: ThreadMetricsSettings
  readonly #threads = new Set<TakenMeasurements>()

  constructor(settings: ThreadMetricsSettings) {
    this.#settings = settings
    settings.provider.getMeter('autospan').observe((observe, reader) => this.#tell(observe, reader))
  }

  /** For a thread that has measured something. */
  add(id: number): TakenMeasurements {
    const thread = new TakenMeasurements(this.#settings, id)
    this.#threads.add(thread)
    this.#forgetEnded()
    return thread
  }

  #tell(observe: Observe, reader: object): void {
    this.#settings.drain()
    for (const thread of [...this.#threads].reverse()) thread.observe(observe, reader)
    this.#forgetEnded()
  }

  #forgetEnded(): void {
    const { readers } = this.#settings.provider
    let left = 0
    for (const thread of [...this.#threads].reverse()) {
      if (thread.hasEnded && (thread.saidTo === readers || ++left > LAST_WORDS)) this.#threads.delete(thread)
    }
  }
}

/** Those of one thread. */
class TakenMeasurements {
  readonly #settings: ThreadMetricsSettings
  readonly #id: number
  readonly #instruments = new Map<number, SyncInstrument>()
  readonly #series = new Map<number, { readonly bound: BoundInstrument; readonly share: Share | undefined }>()
  readonly #shares: Share[] = []
  /** What it has told of itself alone. */
  readonly #gauges: BoundInstrument[] = []
  readonly #observed = new Observations()
  #hasEnded = false
  readonly #toldLast = new Set<object>()

  constructor(settings: ThreadMetricsSettings, id: number) {
    this.#settings = settings
    this.#id = id
  }

  take(bytes: Uint8Array): void {
    const message = decodeMessage(bytes)
    if ('observed' in message) this.#observed.add(message.observed)
    else if ('instrument' in message) this.#addInstrument(message)
    else if (!('series' in message)) this.#recordUnlisted(message)
    else if ('of' in message) this.#addSeries(message)
    else this.#record(message)
  }

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** How many readers have the last word of a thread that has gone. */
  get saidTo(): number {
    return this.#toldLast.size
  }

  /** Tells what the thread has observed, and of one that has gone once only. */
  observe(observe: Observe, reader: object): void {
    if (this.#toldLast.has(reader)) return
    if (this.#hasEnded) this.#toldLast.add(reader)
    for (const { scope, descriptor, points } of this.#observed.take(reader)) {
      const instrument = this.#meterOf(scope).counterpart(descriptor) as ObservableInstrument
      for (const { attributes, value } of points) observe(instrument, value, attributesOf(attributes))
    }
  }

  /** The thread has gone, and with it what it had in use, requests and connections, and whatever had its id. */
  end(): void {
    this.#hasEnded = true
    for (const gauge of this.#gauges) gauge.retire()
    for (const { bound, sum } of this.#shares) if (sum !== 0) bound.record(-sum, 0, undefined)
    this.#shares.length = 0
    this.#gauges.length = 0
    this.#series.clear()
    this.#instruments.clear()
  }

  #meterOf({ name, version, schemaUrl }: ObservedMetric['scope']) {
    return this.#settings.provider.getMeter(name, version, { schemaUrl })
  }

  #addInstrument({ instrument, scope, descriptor }: Extract<Announcement, { instrument: number }>): void {
    const counterpart = this.#meterOf(scope).counterpart(descriptor)
    if (!(counterpart instanceof SyncInstrument)) return
    this.#instruments.set(instrument, counterpart)
    if (!descriptor.isBackground) this.#settings.onMeasured()
  }

  #addSeries({ series, of, attributes }: Extract<Announcement, { series: number }>): void {
    const instrument = this.#instruments.get(of)
    if (instrument === undefined) return
    const bound = instrument.bind(attributes)
    const { kind } = instrument.descriptor
    const share = kind === 'up_down_counter' ? { bound, sum: 0 } : undefined
    if (share !== undefined) this.#shares.push(share)
    if (kind === 'gauge' && isOf(this.#id, attributes)) this.#gauges.push(bound)
    this.#series.set(series, { bound, share })
  }

  #record({ series, value, exemplar }: Measurement): void {
    const known = this.#series.get(series)
    if (known === undefined) return
    known.bound.record(value, exemplar?.timeMillis ?? 0, spanOf(exemplar))
    if (known.share !== undefined) known.share.sum += value
  }

  #recordUnlisted({ of, attributes, value, exemplar }: Extract<Announcement, { value: number }>): void {
    this.#instruments
      .get(of)
      ?.bind(attributes)
      .record(value, exemplar?.timeMillis ?? 0, spanOf(exemplar))
  }
}

/** Of a thread alone: a program may give the same id of its own to what several threads measure. */
function isOf(id: number, attributes: Readonly<AttributeList>): boolean {
  return attributes.some((key, i) => i % 2 === 0 && key === THREAD_ID && attributes[i + 1] === id)
}

/** What exemplars ask of a span. */
function spanOf(exemplar: MeasuredIn | undefined): Span | undefined {
  if (exemplar === undefined || exemplar.traceId === '') return undefined
  const { traceId, spanId } = exemplar
  return { spanContext: () => ({ traceId, spanId, traceFlags: FLAG_SAMPLED }) } as Span
}

function attributesOf(list: Readonly<AttributeList>): Attributes {
  const attributes: Record<string, unknown> = {}
  for (let i = 0; i < list.length; i += 2) attributes[String(list[i])] = list[i + 1]
  return attributes as Attributes
}
