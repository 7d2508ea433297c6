import type { Span } from '@opentelemetry/api'
import { recordingOf, type SpanOwner } from '../trace/span.js'
import { errorType, recordCallError, recordClientStatus } from './http.js'
import { type Kind, Kinds } from './http-kinds.js'
import { ClientMetrics } from './http-metrics.js'
import type { Kit } from './kit.js'

/** The requests that a library sends, as their spans and metrics tell them. */
export class SentRequests {
  readonly #kinds = new Kinds()
  readonly #kit: Kit
  #metrics: ClientMetrics | undefined = undefined

  constructor(kit: Kit) {
    this.#kit = kit
  }

  /** Undefined where nobody wants to know more of it. `beganAt` is on the monotonic clock. */
  follow(span: Span, method: string, host: string, port: number | undefined, beganAt: number): SentCall | undefined {
    if (this.#kit.hasMeter) this.#metrics ??= new ClientMetrics(this.#kit)
    if (this.#metrics === undefined && !span.isRecording()) return undefined
    return new SentCall(this.#kinds, this.#metrics, span, method, host, port, beganAt)
  }
}

/** A request that this process sends, from its head to its end. Its kind is put on the span at the end, as that tells it. */
export class SentCall implements SpanOwner {
  readonly span: Span
  readonly #kinds: Kinds
  readonly #metrics: ClientMetrics | undefined
  readonly #method: string
  readonly #host: string
  #port: number | undefined
  readonly #beganAt: number
  #status = 0
  #version: string | undefined = undefined
  #errorType: string | undefined = undefined
  /** 0 for what has not ended, and where the program has ended the span itself. */
  #endedAt = 0

  /** Use `SentRequests.follow`. */
  constructor(
    kinds: Kinds,
    metrics: ClientMetrics | undefined,
    span: Span,
    method: string,
    host: string,
    port: number | undefined,
    beganAt: number,
  ) {
    this.#kinds = kinds
    this.#metrics = metrics
    this.span = span
    this.#method = method
    this.#host = host
    this.#port = port
    this.#beganAt = beganAt
    const recording = recordingOf(span)
    if (recording !== undefined) recording.owner = this
  }

  /** The answer's head is there. `version` is that of the protocol, where it is known. */
  answered(status: number, version?: string): void {
    this.#status = status
    this.#version = version
    if (status < 400) return
    this.#errorType = String(status)
    recordClientStatus(this.span, status)
  }

  failed(error: unknown): void {
    recordCallError(this.span, error)
    this.#errorType = errorType(error)
  }

  /** `port` is that of the connection, where the URL has told none. */
  end(endMillis: number, port?: number): void {
    if (port !== undefined) this.#port = port
    const recording = recordingOf(this.span)
    if (recording?.isRecording() !== true) {
      this.#metrics?.ended(this.#kind(), this.#beganAt, endMillis, this.span)
      return
    }
    this.#endedAt = endMillis
    recording.endAt(endMillis)
  }

  describe(): void {
    if (this.#status === 0) return
    this.span.setAttribute('http.response.status_code', this.#status)
    if (this.#version !== undefined) this.span.setAttribute('network.protocol.version', this.#version)
  }

  conclude(): void {
    if (this.#endedAt === 0) return
    const kind = this.#kind()
    if (this.#errorType !== undefined || !kind.tellSent(recordingOf(this.span))) this.describe()
    this.#metrics?.ended(kind, this.#beganAt, this.#endedAt, this.span)
  }

  #kind(): Kind {
    return this.#kinds.of(this.#host, this.#method, undefined, this.#status, this.#errorType, this.#version, this.#port)
  }
}
