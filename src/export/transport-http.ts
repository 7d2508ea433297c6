import { runOutside } from '../context/manager.js'
import { decodeExportResponse, decodeStatusMessage } from '../otlp/response.js'
import { Dial, type DialSettings } from './dial.js'
import { Gzip } from './gzip.js'
import { HttpConnection } from './http-connection.js'
import { requestHead } from './http-request.js'
import { type HttpResponse, ResponseError } from './http-response.js'
import { NameLookup } from './lookup.js'
import { printableUrl } from './printable-url.js'
import { isRetryableStatus, readRetryAfter } from './retry.js'
import { routeTo } from './route.js'
import { failure, Settlement } from './settlement.js'
import {
  type Answer,
  type Interrupted,
  oneLine,
  reasonOf,
  type Transport,
  type TransportSettings,
} from './transport.js'
import { UnreadAnswer } from './unread-answer.js'

const CLOSED = 'the exporter is closed'
const NOTHING = new Uint8Array(0)

/**
 * OTLP over HTTP/1.1, on a keep-alive connection of its own. Neither `node:http` nor what a program or another agent
 * has made of it is in between. Runs in the suppressed context throughout: no context of the program lives on in a
 * socket or timer.
 */
export class HttpTransport implements Transport {
  readonly destination: string
  readonly settings: TransportSettings
  readonly #dialSettings: DialSettings
  readonly #gzip: Gzip | undefined
  /** The head of each request up to its length; undefined until the first. */
  #head: string | undefined
  /** The connection of the last request, where it can take another. */
  #kept: HttpConnection | undefined
  #underWay: Attempt | undefined
  #closed = false

  constructor(settings: TransportSettings) {
    this.destination = printableUrl(settings.url)
    this.settings = settings
    const route = routeTo(settings)
    // A proxy understands http, and hands https through unread.
    this.#dialSettings = { route, tunnel: route.secure, protocol: 'http/1.1', names: new NameLookup() }
    this.#gzip = settings.compression === 'gzip' ? new Gzip() : undefined
  }

  post(body: Uint8Array, timeoutMillis: number): Promise<Answer> {
    return runOutside(this.#post, this, body, timeoutMillis)
  }

  release(): void {
    this.#underWay?.release()
  }

  interrupt(): Interrupted | undefined {
    this.#closed = true
    return this.#underWay?.interrupt()
  }

  close(): void {
    this.#closed = true
    this.#underWay?.abort(CLOSED)
    this.#kept?.destroy()
    this.#gzip?.forget()
  }

  async #post(body: Uint8Array, timeoutMillis: number): Promise<Answer> {
    try {
      this.#head ??= requestHead(this.settings)
      const bytes = this.#gzip === undefined ? body : await this.#gzip.pack(body)
      if (this.#closed) return failure(CLOSED, false)
      const request = { head: Buffer.from(`${this.#head}${bytes.byteLength}\r\n\r\n`, 'latin1'), body: bytes }
      const attempt = new Attempt(this.#dialSettings, this.#kept, request, timeoutMillis)
      this.#underWay = attempt
      this.#kept = undefined
      const answer = await attempt.settlement.promise
      this.#underWay = undefined
      this.#kept = attempt.connection
      return answer
    } catch (error) {
      // Thrown before anything was sent: a header that HTTP does not take.
      return { kind: 'refused', reason: reasonOf(error) }
    }
  }
}

interface HttpRequest {
  readonly head: Uint8Array
  readonly body: Uint8Array
}

/** One request and its answer. */
class Attempt {
  readonly settlement: Settlement
  readonly #dialSettings: DialSettings
  readonly #request: HttpRequest
  #dial: Dial | undefined
  #connection: HttpConnection | undefined

  constructor(
    dialSettings: DialSettings,
    kept: HttpConnection | undefined,
    request: HttpRequest,
    timeoutMillis: number,
  ) {
    this.#dialSettings = dialSettings
    this.#request = request
    this.settlement = new Settlement(timeoutMillis, () => {
      const missing = this.#connection === undefined ? 'no connection' : 'no answer'
      this.abort(`${missing} within ${Math.round(timeoutMillis)} ms`)
    })
    if (kept?.isOpen === true) this.#send(kept, true)
    else this.#connect()
  }

  /** The connection, where it can take another request. */
  get connection(): HttpConnection | undefined {
    return this.#connection?.isOpen === true ? this.#connection : undefined
  }

  /** Ends the attempt if the server cannot have the request in full yet. */
  release(): void {
    if (this.#connection?.isSent !== true)
      this.abort(this.#connection === undefined ? 'no connection in time' : 'the request is not read')
  }

  interrupt(): Interrupted {
    const { answer } = this.settlement
    if (answer !== undefined) return { kind: 'answered', answer }
    const connection = this.#connection
    if (connection !== undefined && connection.response.status !== 0) {
      return { kind: 'answered', answer: judge(connection.response) }
    }
    if (connection?.isSent !== true) {
      // The connection is cut before the same request goes out on another: this one is never whole.
      this.#cut()
      return { kind: 'unsent' }
    }
    const unread = UnreadAnswer.of(connection.socket, connection.response)
    return unread === undefined ? { kind: 'sent' } : { kind: 'sent', look: () => look(unread) }
  }

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
      if (socket === undefined) this.#fail(reasonOf(error))
      else this.#send(new HttpConnection(socket), false)
    })
  }

  #send(connection: HttpConnection, isKept: boolean): void {
    this.#connection = connection
    connection.send(this.#request.head, this.#request.body, (error) => {
      if (error === undefined) this.settlement.settle(judge(connection.response))
      else if (error instanceof ResponseError && error.isTooLong)
        this.settlement.settle({ kind: 'refused', reason: error.message })
      else if (isKept && connection.response.isUntouched) this.#sendAgain()
      else this.#fail(reasonOf(error))
    })
  }

  /** The connection was idle and the server had closed it: another one may work at once. */
  #sendAgain(): void {
    this.#connection = undefined
    this.#connect()
  }

  /** A status that has come stands, whatever became of the body: after a 200 nothing may be sent again. */
  #fail(reason: string): void {
    const response = this.#connection?.response
    if (response !== undefined && response.status !== 0) this.settlement.settle(judge(response))
    else this.settlement.settle(failure(reason, this.#connection !== undefined))
  }
}

function look(unread: UnreadAnswer): Answer | undefined {
  try {
    const response = unread.look()
    return response === undefined ? undefined : judge(response)
  } catch (error) {
    return failure(reasonOf(error), true)
  }
}

/** A user interface says 200 to whatever is posted. */
const WEB_PAGE = 'it answered with a web page, as no collector does; is this the port for OTLP?'

function judge(response: HttpResponse): Answer {
  const { status, statusText, headers } = response
  const contentType = headers.get('content-type')
  // Of a body that was cut off nothing is told.
  const body = response.isWhole ? response.body : NOTHING
  if (status >= 200 && status <= 299) {
    if (contentType?.startsWith('text/html')) return { kind: 'accepted', rejected: 0, message: WEB_PAGE }
    const { rejected, message } = decodeExportResponse(body, contentType)
    return { kind: 'accepted', rejected, message: oneLine(message) }
  }
  const words = oneLine(`status ${status} ${statusText}`)
  const message = serverMessage(body, contentType)
  const reason = message === '' ? words : `${words}: ${message}`
  if (status === 400) return { kind: 'refused', reason, culprit: 'content' }
  if (status === 413) return { kind: 'refused', reason, culprit: 'size' }
  if (status === 404) return { kind: 'refused', reason, isNoPlace: true }
  if (!isRetryableStatus(status)) return { kind: 'refused', reason }
  return { kind: 'failed', reason, reached: true, waitMillis: readRetryAfter(headers.get('retry-after')) }
}

function serverMessage(body: Uint8Array, contentType = ''): string {
  if (body.byteLength === 0) return ''
  if (contentType.startsWith('text/plain')) return oneLine(Buffer.from(body).toString())
  return oneLine(decodeStatusMessage(body, contentType))
}
