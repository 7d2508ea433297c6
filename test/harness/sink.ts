import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import { drawTraces } from './draw.js'
import {
  type DecodedSpan,
  decodeTraces,
  encodeEmptyResponse,
  encodeTracesResponse,
  type PartialSuccess,
} from './otlp-decode.js'
import { type DecodedLog, decodeLogs } from './otlp-logs.js'
import { type DecodedMetric, decodeMetrics } from './otlp-metrics.js'
import { atEnd, type Owner } from './owner.js'

/** One export request as it came, whatever it was answered; of traces, of metrics, or of logs. */
export interface SinkRequest {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  /** Names and values by turns, as on the wire. */
  readonly rawHeaders: readonly string[]
  /** Bytes of the body on the wire. */
  readonly wireLength: number
  /** The body, unzipped. */
  readonly body: Uint8Array
  readonly spans: readonly DecodedSpan[]
  readonly metrics: readonly DecodedMetric[]
  readonly logs: readonly DecodedLog[]
  /** `performance.now()` when the body was complete. */
  readonly arrivedMillis: number
  /** Which connection it came on, from 0. */
  readonly socket: number
}

/** What a faulty collector does. Nothing given is what a healthy one does. */
export interface Answer {
  /** Default 200. Spans count as delivered with 2xx only. */
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  readonly partialSuccess?: PartialSuccess
  readonly delayMillis?: number
  /** Cuts the connection instead of answering. */
  readonly destroy?: boolean
}

export interface SinkOptions {
  /** Decides on the index-th request with traces, from 0; a promise that never settles is a collector that never answers. */
  readonly respond?: (index: number, request: SinkRequest) => Answer | undefined | Promise<Answer | undefined>
  /** The same for requests with metrics. */
  readonly respondToMetrics?: SinkOptions['respond']
  /** The same for requests with logs. */
  readonly respondToLogs?: SinkOptions['respond']
  /** Where requests with traces must go. */
  readonly path?: string
  /** Default: a free one. */
  readonly port?: number
}

const METRICS_PATH = '/v1/metrics'
const LOGS_PATH = '/v1/logs'

export interface WaitOptions {
  readonly timeoutMillis?: number
}

/**
 * Starts a collector on 127.0.0.1 that takes telemetry over OTLP/HTTP and is as strict as can be. What breaks the
 * protocol is a violation: it is answered with 400, makes every wait fail, and fails the owner at its end.
 */
export async function startSink(owner: Owner, options: SinkOptions = {}): Promise<Sink> {
  const sink = new Sink(options)
  atEnd(owner, () => sink.close())
  await sink.listen()
  return sink
}

export class Sink {
  /** With traces. */
  readonly requests: SinkRequest[] = []
  /** With metrics. */
  readonly metricRequests: SinkRequest[] = []
  /** With logs. */
  readonly logRequests: SinkRequest[] = []
  readonly #options: SinkOptions
  readonly #server = createServer((request, response) => void this.#receive(request, response))
  readonly #delivered: DecodedSpan[] = []
  readonly #metrics: DecodedMetric[] = []
  readonly #logs: DecodedLog[] = []
  readonly #spanIds = new Set<string>()
  readonly #open = new Set<Socket>()
  readonly #numbers = new WeakMap<Socket, number>()
  readonly #closing = new AbortController()
  #violations: string[] = []
  #sockets = 0
  #answering = 0
  #waiting: (() => void)[] = []

  /** Use `startSink`, which gives it an owner. */
  constructor(options: SinkOptions) {
    this.#options = options
    this.#server.on('connection', (socket) => {
      this.#numbers.set(socket, this.#sockets++)
      this.#open.add(socket)
      socket.on('close', () => {
        this.#open.delete(socket)
        this.#changed()
      })
      this.#changed()
    })
    this.#server.on('clientError', (error: Error, socket) => {
      // A program that dies in the middle of a request has broken off, and has not broken the protocol.
      if (!('code' in error) || error.code !== 'ECONNRESET') this.#violate(`not HTTP: ${error.message}`)
      socket.destroy()
    })
  }

  async listen(): Promise<void> {
    this.#server.listen(this.#options.port ?? 0, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** For a program that is to deliver here, however long a busy machine takes for it at the program's end. */
  get env(): { readonly OTEL_EXPORTER_OTLP_ENDPOINT: string; readonly AUTOSPAN_EXIT_TIMEOUT: string } {
    return { OTEL_EXPORTER_OTLP_ENDPOINT: this.url, AUTOSPAN_EXIT_TIMEOUT: '10000' }
  }

  /** Spans of the requests that were answered with 2xx, up to now. */
  get delivered(): readonly DecodedSpan[] {
    return this.#delivered
  }

  /** Metrics of the requests that were answered with 2xx, oldest first. */
  get metrics(): readonly DecodedMetric[] {
    return this.#metrics
  }

  /** Log records of the requests that were answered with 2xx, oldest first. */
  get logs(): readonly DecodedLog[] {
    return this.#logs
  }

  /** The newest metric of that name. */
  metric(name: string): DecodedMetric | undefined {
    return this.#metrics.findLast((metric) => metric.name === name)
  }

  /** How many connections have been made. */
  get sockets(): number {
    return this.#sockets
  }

  get violations(): readonly string[] {
    return this.#violations
  }

  /** For tests that expect violations: hands them over, and the sink forgets them. */
  takeViolations(): readonly string[] {
    const taken = this.#violations
    this.#violations = []
    return taken
  }

  /** All spans, when `count` or more have been delivered. */
  async spans(count: number, options?: WaitOptions): Promise<readonly DecodedSpan[]> {
    await this.until(() => this.#delivered.length >= count, `${count} spans`, options)
    return this.#delivered
  }

  /** All spans as a drawing, when `count` or more have been delivered. */
  async traces(count: number, options?: WaitOptions): Promise<string> {
    return drawTraces(await this.spans(count, options))
  }

  /** All spans, when every connection has ended: after a program's exit, what it has sent has then been read. */
  async settled(options?: WaitOptions): Promise<readonly DecodedSpan[]> {
    await this.until(() => this.#open.size === 0, 'the end of all connections', options)
    return this.#delivered
  }

  /** Waits until something that the sink knows of is true; `what` names it for the failure. */
  async until(condition: () => boolean, what: string, { timeoutMillis = 10_000 }: WaitOptions = {}): Promise<void> {
    let timedOut = false
    const timer = setTimeout(() => {
      timedOut = true
      this.#changed()
    }, timeoutMillis)
    try {
      for (;;) {
        this.#assertNoViolations()
        if (condition()) return
        if (timedOut) throw new Error(`waited ${timeoutMillis} ms for ${what} in vain. ${this.#story()}`)
        await new Promise<void>((resolve) => this.#waiting.push(resolve))
      }
    } finally {
      clearTimeout(timer)
    }
  }

  /** Stops, cuts open connections, and throws when there were violations. Also runs at the owner's end. */
  async close(): Promise<void> {
    this.#closing.abort()
    if (this.#server.listening) {
      this.#server.close()
      this.#server.closeAllConnections()
      await once(this.#server, 'close')
    }
    this.#assertNoViolations()
  }

  /** Resolves when no request is without its answer, and every answer has left. */
  async idle(): Promise<void> {
    while (this.#answering > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#answering++
    response.on('close', () => {
      this.#answering--
      this.#changed()
    })
    let received: SinkRequest
    try {
      const wire = await bodyOf(request)
      received = this.#read(request, wire)
    } catch (error) {
      if (request.destroyed && !request.complete) return
      this.#violate(error instanceof Error ? error.message : String(error))
      response.writeHead(400).end()
      return
    }
    const { requests, respond } = this.#roadOf(received.path)
    const index = requests.push(received) - 1
    this.#changed()
    try {
      const answer = (await respond?.(index, received)) ?? {}
      if (answer.delayMillis !== undefined) await wait(answer.delayMillis, undefined, { signal: this.#closing.signal })
      this.#answer(answer, received, response)
    } catch (error) {
      if (!this.#closing.signal.aborted) this.#violate(`respond() failed: ${error}`)
      response.destroy()
    }
  }

  #roadOf(path: string): { requests: SinkRequest[]; respond: SinkOptions['respond'] } {
    if (path === METRICS_PATH) return { requests: this.metricRequests, respond: this.#options.respondToMetrics }
    if (path === LOGS_PATH) return { requests: this.logRequests, respond: this.#options.respondToLogs }
    return { requests: this.requests, respond: this.#options.respond }
  }

  #read(request: IncomingMessage, wire: Buffer): SinkRequest {
    const { method, headers } = request
    const expected = this.#options.path ?? '/v1/traces'
    const url = request.url ?? ''
    // Below the base that traces have.
    const path = url.endsWith(METRICS_PATH) && url === expected.replace('/v1/traces', METRICS_PATH) ? METRICS_PATH : url
    if (method !== 'POST') throw new Error(`method ${method} instead of POST`)
    const ofSpans = path === expected
    if (!ofSpans && path !== METRICS_PATH && path !== LOGS_PATH) throw new Error(`path ${path} instead of ${expected}`)
    const body = decompressed(wire, headers['content-encoding'])
    const contentType = headers['content-type'] ?? '(none)'
    return {
      path,
      headers,
      rawHeaders: request.rawHeaders,
      wireLength: wire.length,
      body,
      spans: ofSpans ? decodeTraces(body, contentType).spans : [],
      metrics: path === METRICS_PATH ? decodeMetrics(body, contentType) : [],
      logs: path === LOGS_PATH ? decodeLogs(body, contentType) : [],
      arrivedMillis: performance.now(),
      socket: this.#numbers.get(request.socket) ?? -1,
    }
  }

  #answer(answer: Answer, request: SinkRequest, response: ServerResponse): void {
    // Where the client has gone meanwhile, it does not know of an answer, and may well come again.
    if (answer.destroy === true || response.destroyed) {
      response.destroy()
      return
    }
    const contentType = request.headers['content-type'] ?? ''
    const status = answer.status ?? 200
    const succeeded = status >= 200 && status < 300
    const body = answer.body ?? (succeeded ? successOf(request.path, contentType, answer.partialSuccess) : '')
    response.writeHead(status, { ...(succeeded ? { 'content-type': contentType } : {}), ...answer.headers })
    response.end(body)
    if (succeeded) {
      for (const span of request.spans) this.#deliver(span)
      this.#metrics.push(...request.metrics)
      this.#logs.push(...request.logs)
    }
    this.#changed()
  }

  #deliver(span: DecodedSpan): void {
    const id = `${span.traceId}-${span.spanId}`
    if (this.#spanIds.has(id)) this.#violate(`span ${id} (${span.name}) was delivered twice`)
    this.#spanIds.add(id)
    this.#delivered.push(span)
  }

  #violate(violation: string): void {
    this.#violations.push(violation)
    this.#changed()
  }

  #assertNoViolations(): void {
    if (this.#violations.length === 0) return
    throw new Error(`the sink saw violations of OTLP:\n  ${this.#violations.join('\n  ')}`)
  }

  #changed(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }

  #story(): string {
    const requests = `${this.requests.length} requests on ${this.#sockets} connections (${this.#open.size} open)`
    const shown = this.#delivered.slice(0, 100)
    return `What came: ${requests}, ${this.#delivered.length} spans delivered:\n${drawTraces(shown)}`
  }
}

function successOf(path: string, contentType: string, partialSuccess: PartialSuccess | undefined): Uint8Array {
  if (path === METRICS_PATH) return encodeEmptyResponse('Metrics', contentType)
  if (path === LOGS_PATH) return encodeEmptyResponse('Logs', contentType)
  return encodeTracesResponse(partialSuccess, contentType)
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function decompressed(body: Buffer, encoding: string | undefined): Uint8Array {
  if (encoding === undefined) return body
  if (encoding === 'gzip') return gunzipSync(body)
  throw new Error(`content-encoding ${encoding}`)
}
