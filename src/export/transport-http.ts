import type { Agent, ClientRequest, IncomingMessage } from 'node:http'
import { clearInterval, setInterval } from 'node:timers'
import type { OtlpConfig } from '../config/config.js'
import { SUPPRESSED_CONTEXT } from '../context/context.js'
import { runIn } from '../context/manager.js'
import { decodeExportResponse, decodeStatusMessage } from '../otlp/response.js'
import { startDeadline } from './deadline.js'
import { NameLookup } from './lookup.js'
import { isRetryableStatus, readRetryAfter } from './retry.js'
import {
  type Answer,
  type Interrupted,
  oneLine,
  printableUrl,
  reasonOf,
  type Transport,
  type TransportSettings,
} from './transport.js'
import { UnreadAnswer } from './unread-answer.js'

/** SPEC protocol/exporter.md: a larger answer is final and not read. */
const MAX_RESPONSE_BYTES: number = 4 * 1024 * 1024
/** How often a connection that does not come about is asked whether it alone keeps the process alive. */
const WATCH_MILLIS = 100

const CLOSED = 'the exporter is closed'
const NOTHING = new Uint8Array(0)

interface Outcome {
  readonly answer: Answer
  /** The connection was idle and the server had closed it: another one may work at once. */
  readonly stale: boolean
}

/**
 * OTLP over HTTP/1.1, on a keep-alive connection of its own. `node:http` is loaded by the first
 * attempt. Runs in the suppressed context throughout: the agent's traffic is not traced, and no
 * context of the program lives on in a socket or timer.
 */
export class HttpTransport implements Transport {
  readonly destination: string
  readonly settings: TransportSettings
  readonly #url: URL
  readonly #headers: Record<string, string>
  readonly #gzip: boolean
  readonly #names = new NameLookup()
  #agent: Agent | undefined
  #underWay: Exchange | undefined
  /** The last body and what gzip made of it: a retry sends the same body. */
  #packed: { body: Uint8Array; bytes: Promise<Uint8Array> } | undefined
  #closed = false

  /** `version` is the agent's own, for `user-agent`; `contentType` wins over a header of the user's. */
  constructor(
    { url, headers, compression }: Pick<OtlpConfig, 'url' | 'headers' | 'compression'>,
    contentType: string,
    version: string,
  ) {
    this.destination = printableUrl(url)
    this.settings = { url: url.href, headers, compression, contentType, version }
    this.#url = url
    this.#gzip = compression === 'gzip'
    this.#headers = { 'user-agent': `autospan/${version}`, ...Object.fromEntries(headers), 'content-type': contentType }
    if (this.#gzip) this.#headers['content-encoding'] = 'gzip'
  }

  post(body: Uint8Array, timeoutMillis: number): Promise<Answer> {
    return runIn(SUPPRESSED_CONTEXT, this.#post, this, body, timeoutMillis)
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
    this.#agent?.destroy()
    this.#packed = undefined
  }

  async #post(body: Uint8Array, timeoutMillis: number): Promise<Answer> {
    try {
      const deadline = performance.now() + timeoutMillis
      const bytes = this.#gzip ? await this.#pack(body) : body
      const outcome = await this.#exchange(bytes, timeoutMillis)
      if (!outcome.stale) return outcome.answer
      return (await this.#exchange(bytes, Math.max(deadline - performance.now(), 1))).answer
    } catch (error) {
      // Thrown before anything was sent: a header or URL that node:http does not take.
      return { kind: 'refused', reason: reasonOf(error) }
    }
  }

  #pack(body: Uint8Array): Promise<Uint8Array> {
    if (this.#packed?.body !== body) {
      const { gzip } = process.getBuiltinModule('node:zlib')
      const bytes = new Promise<Uint8Array>((resolve, reject) => {
        gzip(body, (error, result) => (error === null ? resolve(result) : reject(error)))
      })
      this.#packed = { body, bytes }
    }
    return this.#packed.bytes
  }

  async #exchange(body: Uint8Array, timeoutMillis: number): Promise<Outcome> {
    if (this.#closed) return { answer: failure(CLOSED, false), stale: false }
    const exchange = new Exchange(this.#open(body), timeoutMillis, this.#names)
    this.#underWay = exchange
    const outcome = await exchange.outcome
    this.#underWay = undefined
    this.#names.cancel()
    return outcome
  }

  #open(body: Uint8Array): ClientRequest {
    // Not by import(): the hooks for module loading have no business here.
    const secure = this.#url.protocol === 'https:'
    const http = secure ? process.getBuiltinModule('node:https') : process.getBuiltinModule('node:http')
    this.#agent ??= new http.Agent({ keepAlive: true, maxSockets: 1 })
    const headers = { ...this.#headers, 'content-length': body.byteLength }
    const { lookup } = this.#names
    const request = http.request(this.#url, { method: 'POST', agent: this.#agent, headers, lookup })
    request.end(body)
    return request
  }
}

/** One request and its answer. Settles once. */
class Exchange {
  readonly outcome: Promise<Outcome>
  readonly #request: ClientRequest
  readonly #cancelDeadline: () => void
  readonly #watch: NodeJS.Timeout
  #resolve: (outcome: Outcome) => void = () => {}
  #response: IncomingMessage | undefined
  #connected = false
  /** What the connection had brought when the request went out on it. */
  #bytesBefore = 0
  #answer: Answer | undefined

  constructor(request: ClientRequest, timeoutMillis: number, names: NameLookup) {
    this.#request = request
    this.outcome = new Promise((resolve) => {
      this.#resolve = resolve
    })
    this.#cancelDeadline = startDeadline(timeoutMillis, false, () => {
      this.abort(`${this.#connected ? 'no answer' : 'no connection'} within ${Math.round(timeoutMillis)} ms`)
    })
    this.#watch = setInterval(() => {
      if (!this.#connected && holdsProcessAlone(names)) this.abort('no connection when the process ended')
    }, WATCH_MILLIS)
    this.#watch.unref()
    this.#listen(request)
  }

  /** Ends the exchange if the server cannot have the request in full yet. */
  release(): void {
    if (!this.#request.writableFinished)
      this.abort(this.#connected ? 'the request is not read' : 'no connection in time')
  }

  interrupt(): Interrupted {
    if (this.#answer !== undefined) return { kind: 'answered', answer: this.#answer }
    if (this.#response !== undefined) return { kind: 'answered', answer: judge(this.#response, NOTHING) }
    if (!this.#request.writableFinished) {
      // The connection is cut before the same request goes out on another: this one is never whole.
      this.#request.destroy()
      return { kind: 'unsent' }
    }
    const { socket } = this.#request
    // Of an answer that was read in part the rest tells nothing.
    const answer = socket?.bytesRead === this.#bytesBefore ? UnreadAnswer.of(socket) : undefined
    return answer === undefined ? { kind: 'sent' } : { kind: 'sent', look: () => this.#look(answer) }
  }

  #look(unread: UnreadAnswer): Answer | undefined {
    try {
      const head = unread.look()
      return head === undefined ? undefined : judge(head, head.body)
    } catch (error) {
      return failure(reasonOf(error), true)
    }
  }

  abort(reason: string): void {
    this.#fail(reason, false)
    this.#request.destroy()
  }

  #listen(request: ClientRequest): void {
    request.on('socket', (socket) => {
      socket.unref()
      this.#bytesBefore = socket.bytesRead
      if (request.reusedSocket) {
        this.#connected = true
        clearInterval(this.#watch)
        return
      }
      // Once more, for Node makes a new handle for each address that it tries.
      socket.once('connect', () => socket.unref())
      socket.once(request.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
        this.#connected = true
        clearInterval(this.#watch)
      })
    })
    request.on('response', (response) => this.#read(response))
    request.on('error', (error: NodeJS.ErrnoException) => {
      this.#fail(reasonOf(error), request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE'))
    })
    request.on('close', () => {
      if (this.#response === undefined) this.#fail('connection closed before an answer came', false)
    })
  }

  #read(response: IncomingMessage): void {
    this.#response = response
    const chunks: Uint8Array[] = []
    let length = 0
    response.on('data', (chunk: Uint8Array) => {
      length += chunk.byteLength
      if (length <= MAX_RESPONSE_BYTES) {
        chunks.push(chunk)
        return
      }
      this.#settle({ kind: 'refused', reason: `an answer of more than ${MAX_RESPONSE_BYTES} bytes` })
      this.#request.destroy()
    })
    response.on('end', () => this.#settle(judge(response, Buffer.concat(chunks))))
    response.on('error', () => this.#settle(judge(response, NOTHING)))
    response.on('close', () => this.#settle(judge(response, NOTHING)))
  }

  /** A status that has come stands, whatever became of the body: after a 200 nothing may be sent again. */
  #fail(reason: string, stale: boolean): void {
    if (this.#response !== undefined) this.#settle(judge(this.#response, NOTHING))
    else this.#settle(failure(reason, this.#connected), stale)
  }

  #settle(answer: Answer, stale = false): void {
    this.#cancelDeadline()
    clearInterval(this.#watch)
    this.#answer ??= answer
    this.#resolve({ answer, stale })
  }
}

function failure(reason: string, reached: boolean): Answer {
  return { kind: 'failed', reason, reached, waitMillis: undefined }
}

type Head = Pick<IncomingMessage, 'statusCode' | 'statusMessage' | 'headers'>

function judge(response: Head, body: Uint8Array): Answer {
  const status = response.statusCode ?? 0
  const contentType = response.headers['content-type']
  if (status >= 200 && status <= 299) {
    const { rejected, message } = decodeExportResponse(body, contentType)
    return { kind: 'accepted', rejected, message: oneLine(message) }
  }
  const words = oneLine(`status ${status} ${response.statusMessage ?? ''}`)
  const message = serverMessage(body, contentType)
  const reason = message === '' ? words : `${words}: ${message}`
  if (!isRetryableStatus(status)) return { kind: 'refused', reason }
  return { kind: 'failed', reason, reached: true, waitMillis: readRetryAfter(response.headers['retry-after']) }
}

function serverMessage(body: Uint8Array, contentType = ''): string {
  if (body.byteLength === 0) return ''
  if (contentType.startsWith('text/plain')) return oneLine(Buffer.from(body).toString())
  return oneLine(decodeStatusMessage(body, contentType))
}

/**
 * True if only one thing keeps the process alive and that is a connection being made: libuv counts
 * it, though its socket is unref'd. Standard streams are listed whether they hold or not, and what
 * is asked of name servers is not listed.
 */
function holdsProcessAlone(names: NameLookup): boolean {
  const holders = process.getActiveResourcesInfo().filter((name) => name !== 'PipeWrap' && name !== 'TTYWrap')
  if (names.isUnderWay) return holders.length === 0
  return holders.length === 1 && holders[0]!.endsWith('ConnectWrap')
}
