import type { IncomingHttpHeaders } from 'node:http'
import type { Socket } from 'node:net'

/** The head of an answer, and its body where that has come in full. */
export interface ReadAnswer {
  readonly statusCode: number
  readonly statusMessage: string
  readonly headers: IncomingHttpHeaders
  readonly body: Uint8Array
}

const HEAD = /^HTTP\/1\.[01] (\d{3}) ?(.*)$/
const CHUNK_BYTES = 64 * 1024
/** What is longer is not read to its end: a status is all that matters then. */
const MAX_BODY_BYTES = 1024 * 1024
const NOTHING = new Uint8Array(0)

/**
 * The answer to a request that was sent on a socket whose event loop turns no more: it is read from
 * the file descriptor. Not possible with TLS, nor on Windows.
 */
export class UnreadAnswer {
  readonly #fd: number
  #bytes: Buffer = Buffer.alloc(0)
  #ended = false

  /** Undefined where the socket's bytes cannot be had. */
  static of(socket: Socket | null): UnreadAnswer | undefined {
    const { _handle: handle, encrypted } = (socket ?? {}) as { _handle?: { fd?: number } | null; encrypted?: boolean }
    const fd = handle?.fd
    return encrypted !== true && typeof fd === 'number' && fd >= 0 ? new UnreadAnswer(fd) : undefined
  }

  private constructor(fd: number) {
    this.#fd = fd
  }

  /**
   * Looks what has come, and waits for nothing: undefined while the answer is not whole.
   *
   * @throws the error of the socket, one of code ECONNRESET where it ended before the answer, or one that tells that
   *   the answer is no answer.
   */
  look(): ReadAnswer | undefined {
    this.#read()
    const answer = this.#parse()
    if (answer === undefined && this.#ended) {
      throw Object.assign(new Error('connection closed before an answer came'), { code: 'ECONNRESET' })
    }
    return answer
  }

  #read(): void {
    const { readSync } = process.getBuiltinModule('node:fs')
    try {
      while (!this.#ended) {
        const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
        const length = readSync(this.#fd, chunk)
        this.#ended = length === 0
        this.#bytes = Buffer.concat([this.#bytes, chunk.subarray(0, length)])
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
    }
  }

  #parse(): ReadAnswer | undefined {
    const end = this.#bytes.indexOf('\r\n\r\n')
    if (end === -1) return undefined
    const [first = '', ...lines] = this.#bytes.toString('latin1', 0, end).split('\r\n')
    const match = HEAD.exec(first)
    if (match === null) throw new Error('the answer is not HTTP/1.1')
    const statusCode = Number(match[1])
    const rest = this.#bytes.subarray(end + 4)
    if (statusCode >= 100 && statusCode < 200) {
      this.#bytes = rest
      return this.#parse()
    }
    const headers = headersOf(lines)
    const body = headers['transfer-encoding'] === undefined ? sized(rest, headers['content-length']) : unchunked(rest)
    const isCut = this.#ended || rest.length > MAX_BODY_BYTES
    if (body === undefined && !isCut) return undefined
    // A status that has come stands, whatever became of the body.
    return { statusCode, statusMessage: match[2] ?? '', headers, body: body ?? NOTHING }
  }
}

function headersOf(lines: readonly string[]): IncomingHttpHeaders {
  const headers: IncomingHttpHeaders = {}
  for (const line of lines) {
    const colon = line.indexOf(':')
    if (colon > 0) headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim()
  }
  return headers
}

/** Undefined while there is less than that. */
function sized(bytes: Buffer, length = '0'): Uint8Array | undefined {
  return bytes.length < Number(length) ? undefined : bytes.subarray(0, Number(length))
}

/** Undefined while the last chunk has not come. */
function unchunked(bytes: Buffer): Uint8Array | undefined {
  const chunks: Uint8Array[] = []
  let at = 0
  for (;;) {
    const end = bytes.indexOf('\r\n', at)
    const length = Number.parseInt(bytes.toString('latin1', at, end), 16)
    if (end === -1 || Number.isNaN(length) || end + 2 + length > bytes.length) return undefined
    if (length === 0) return Buffer.concat(chunks)
    chunks.push(bytes.subarray(end + 2, end + 2 + length))
    at = end + 2 + length + 2
  }
}
