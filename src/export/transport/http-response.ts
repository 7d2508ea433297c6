/** What one answer may have before its body. */
const MAX_HEAD_BYTES = 16 * 1024
/** SPEC protocol/exporter.md: a larger answer is final and not read. */
export const MAX_RESPONSE_BYTES: number = 4 * 1024 * 1024
/** What may stand before and after the chunks of a body: a size with extensions, or a trailer. */
const MAX_LINE_BYTES = 4096

const CRLF = '\r\n'
const PREFIX = 'HTTP/1.'
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: ([\t\x20-\xff]*))?$/
/** A header's name, which its colon follows at once. */
const TOKEN = /^[!#$%&'*+\-.^_`|~\w]+$/
/** What no value may hold. */
const CONTROL = /[^\t\x20-\x7e\x80-\xff]/
/** The first byte of a TLS record that is an alert. */
const TLS_ALERT = 0x15
const NOTHING: Buffer = Buffer.alloc(0)

/** What came is no answer, or one that is longer than any may be. */
export class ResponseError extends Error {
  /** The server has said something, only too much of it: no other attempt would be better. */
  readonly isTooLong: boolean

  constructor(message: string, isTooLong = false) {
    super(message)
    this.isTooLong = isTooLong
  }
}

type State = 'head' | 'sized' | 'chunk size' | 'chunk' | 'chunk end' | 'trailers' | 'until the end' | 'whole'

/**
 * The answer to one HTTP/1.1 request, read as its bytes come. Follows RFC 9112, and refuses what that
 * calls ambiguous. Answers of status 1xx are passed over.
 */
export class HttpResponse {
  /** 0 until the head has come. */
  status = 0
  statusText = ''
  /** Names in lower case; the values of equal names are joined by a comma. */
  readonly headers: Map<string, string> = new Map()
  #state: State = 'head'
  /** Bytes that have come and are not read yet. */
  #rest: Buffer = NOTHING
  /** What the body, or its chunk, lacks. */
  #missing = 0
  readonly #chunks: Buffer[] = []
  #length = 0
  #persists = false
  readonly #method: 'POST' | 'CONNECT'

  /** `method` is the request's. */
  constructor(method: 'POST' | 'CONNECT' = 'POST') {
    this.#method = method
  }

  /** Nothing of an answer has come yet. */
  get isUntouched(): boolean {
    return this.status === 0 && this.#rest.length === 0
  }

  get isWhole(): boolean {
    return this.#state === 'whole'
  }

  /** After this answer the connection can take another request. */
  get keepsConnection(): boolean {
    return this.isWhole && this.#persists && this.#rest.length === 0
  }

  /** What has come behind the answer. */
  get surplus(): Buffer {
    return this.#rest
  }

  /** What has come of the body. */
  get body(): Buffer {
    return this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks)
  }

  /**
   * Reads on. The bytes are kept, not copied.
   *
   * @throws ResponseError
   */
  feed(bytes: Buffer): void {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    while (this.#step());
  }

  /** The connection has ended, which ends a body of unknown length. */
  end(): void {
    if (this.#state === 'until the end') this.#state = 'whole'
  }

  /** @returns false where no more can be read now */
  #step(): boolean {
    switch (this.#state) {
      case 'head':
        return this.#readHead()
      case 'sized':
        return this.#readBody('whole')
      case 'chunk':
        return this.#readBody('chunk end')
      case 'chunk size':
        return this.#readChunkSize()
      case 'chunk end':
        return this.#readChunkEnd()
      case 'trailers':
        return this.#readTrailer()
      case 'until the end':
        this.#keep(this.#rest)
        this.#rest = NOTHING
        return false
      case 'whole':
        return false
    }
  }

  #readHead(): boolean {
    const rest = this.#rest
    if (!PREFIX.startsWith(rest.toString('latin1', 0, PREFIX.length))) throw notHttp(rest)
    const end = rest.indexOf('\r\n\r\n')
    if (end === -1 ? rest.length > MAX_HEAD_BYTES : end > MAX_HEAD_BYTES) {
      throw new ResponseError(`an answer whose head is longer than ${MAX_HEAD_BYTES} bytes`)
    }
    if (end === -1) return false
    const lines = rest.toString('latin1', 0, end).split(CRLF)
    this.#rest = rest.subarray(end + 4)
    const match = STATUS_LINE.exec(lines[0]!)
    if (match === null) throw malformed('its first line')
    const status = Number(match[2])
    if (status === 101) throw malformed('its status 101, which was not asked for')
    if (status < 200) return true
    // Stands, whatever is wrong with the rest.
    this.status = status
    this.statusText = match[3] ?? ''
    for (let i = 1; i < lines.length; i++) this.#readField(lines[i]!)
    this.#persists = match[1] === '1' ? !this.#says('close') : this.#says('keep-alive')
    this.#state = this.#bodyState(status)
    return true
  }

  #readField(line: string): void {
    const colon = line.indexOf(':')
    const name = line.slice(0, Math.max(colon, 0)).toLowerCase()
    const value = line.slice(colon + 1).trim()
    if (!TOKEN.test(name) || CONTROL.test(value)) throw malformed('a header')
    const before = this.headers.get(name)
    if (before === undefined) this.headers.set(name, value)
    else if (name !== 'content-length') this.headers.set(name, `${before}, ${value}`)
    else if (before !== value) throw malformed('its two lengths')
  }

  #says(option: string): boolean {
    const connection = this.headers.get('connection')
    return connection?.split(',').some((word) => word.trim().toLowerCase() === option) ?? false
  }

  #bodyState(status: number): State {
    const coding = this.headers.get('transfer-encoding')
    const length = this.headers.get('content-length')
    const isTunnel = this.#method === 'CONNECT' && status <= 299
    if (isTunnel || status === 204 || status === 304) return 'whole'
    if (coding !== undefined) {
      if (coding.toLowerCase() !== 'chunked') throw malformed('its transfer-encoding')
      if (length !== undefined) throw malformed('both a length and a transfer-encoding')
      return 'chunk size'
    }
    if (length === undefined) {
      this.#persists = false
      return 'until the end'
    }
    if (!/^\d{1,15}$/.test(length)) throw malformed('its length')
    this.#missing = Number(length)
    if (this.#missing > MAX_RESPONSE_BYTES) throw tooLong()
    return this.#missing === 0 ? 'whole' : 'sized'
  }

  #readBody(next: State): boolean {
    const { length } = this.#rest
    if (length === 0) return false
    const taken = length <= this.#missing ? this.#rest : this.#rest.subarray(0, this.#missing)
    this.#keep(taken)
    this.#rest = length === taken.length ? NOTHING : this.#rest.subarray(taken.length)
    this.#missing -= taken.length
    if (this.#missing === 0) this.#state = next
    return this.#missing === 0
  }

  #readChunkSize(): boolean {
    const line = this.#takeLine()
    if (line === undefined) return false
    const size = /^([0-9a-f]{1,8})[\t ]*(;|$)/i.exec(line)?.[1]
    if (size === undefined) throw malformed('the size of a chunk')
    this.#missing = Number.parseInt(size, 16)
    this.#state = this.#missing === 0 ? 'trailers' : 'chunk'
    return true
  }

  #readChunkEnd(): boolean {
    const line = this.#takeLine()
    if (line === undefined) return false
    if (line !== '') throw malformed('the end of a chunk')
    this.#state = 'chunk size'
    return true
  }

  #readTrailer(): boolean {
    const line = this.#takeLine()
    if (line === undefined) return false
    if (line === '') this.#state = 'whole'
    return true
  }

  #takeLine(): string | undefined {
    const end = this.#rest.indexOf(CRLF)
    if (end === -1 ? this.#rest.length > MAX_LINE_BYTES : end > MAX_LINE_BYTES) throw malformed('a line of its body')
    if (end === -1) return undefined
    const line = this.#rest.toString('latin1', 0, end)
    this.#rest = this.#rest.subarray(end + 2)
    return line
  }

  #keep(bytes: Buffer): void {
    if (bytes.length === 0) return
    this.#length += bytes.length
    if (this.#length > MAX_RESPONSE_BYTES) throw tooLong()
    this.#chunks.push(bytes)
  }
}

function malformed(part: string): ResponseError {
  return new ResponseError(`the answer is not HTTP/1.1: ${part}`)
}

function notHttp(bytes: Buffer): ResponseError {
  const hint = bytes[0] === TLS_ALERT ? 'it is TLS, perhaps the URL wants https' : 'perhaps it is a gRPC port'
  return new ResponseError(`the answer is not HTTP/1.1, ${hint}`)
}

function tooLong(): ResponseError {
  return new ResponseError(`an answer of more than ${MAX_RESPONSE_BYTES} bytes`, true)
}
