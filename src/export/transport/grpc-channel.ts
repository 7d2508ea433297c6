import type {
  ClientHttp2Session,
  ClientHttp2Stream,
  IncomingHttpHeaders,
  IncomingHttpStatusHeader,
  OutgoingHttpHeaders,
} from 'node:http2'
import type { Socket } from 'node:net'
import { MAX_RESPONSE_BYTES, ResponseError } from './http-response.js'

/** What stands before a message: whether it is compressed, and its length. */
const PREFIX_BYTES = 5

/** One HTTP/2 connection, for one call after the other. */
export class GrpcChannel {
  readonly #session: ClientHttp2Session
  readonly #socket: Socket
  #isOpen = true

  /** Takes over a socket that is connected and that nobody has read from. */
  constructor(socket: Socket) {
    const { connect } = process.getBuiltinModule('node:http2')
    this.#socket = socket
    // Where it leads is settled already.
    this.#session = connect('http://localhost', {
      createConnection: () => socket,
      settings: { enablePush: false },
    })
    this.#session.unref()
    this.#session.on('error', () => this.destroy())
    this.#session.on('close', () => this.destroy())
    // The calls under way go on; others are not taken any more.
    this.#session.on('goaway', () => {
      this.#isOpen = false
    })
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** @throws an error where the connection has just ended */
  call(headers: OutgoingHttpHeaders, message: Uint8Array, isCompressed: boolean, end: CallEnd): GrpcCall {
    return new GrpcCall(this.#session.request(headers), message, isCompressed, end)
  }

  destroy(): void {
    this.#isOpen = false
    this.#session.destroy()
    this.#socket.destroy()
  }
}

/** Called once: without an error when the answer is whole, or with what has ended the call before. */
export type CallEnd = (error: unknown) => void

/** A call with one message to and fro. Follows grpc/doc/PROTOCOL-HTTP2.md. */
export class GrpcCall {
  readonly #stream: ClientHttp2Stream
  readonly #chunks: Buffer[] = []
  #length = 0
  #error: unknown
  #end: CallEnd | undefined
  /** The trailers, or the headers where those are all; undefined while neither tells how the call has ended. */
  outcome: IncomingHttpHeaders | undefined

  constructor(stream: ClientHttp2Stream, message: Uint8Array, isCompressed: boolean, end: CallEnd) {
    this.#stream = stream
    this.#end = end
    stream.on('response', (headers) => {
      // A call that fails at once has no trailers, and neither has an answer that is not gRPC.
      if (headers['grpc-status'] !== undefined || !isGrpc(headers)) this.outcome = headers
    })
    stream.on('trailers', (trailers) => {
      this.outcome ??= trailers
    })
    stream.on('data', (chunk: Buffer) => this.#read(chunk))
    stream.on('end', () => this.#finish())
    stream.on('error', (error) => {
      this.#error = error
    })
    stream.on('close', () => this.#finish())
    const prefix = Buffer.alloc(PREFIX_BYTES)
    prefix[0] = isCompressed ? 1 : 0
    prefix.writeUInt32BE(message.byteLength, 1)
    stream.cork()
    stream.write(prefix)
    stream.end(message)
    stream.uncork()
  }

  /** The request has left the process in full. */
  get isSent(): boolean {
    return this.#stream.writableEnded && this.#stream.writableLength === 0
  }

  /** The message of the answer; empty where there is none. */
  get message(): Uint8Array {
    const bytes = Buffer.concat(this.#chunks)
    return bytes.length < PREFIX_BYTES || bytes[0] !== 0 ? Buffer.alloc(0) : bytes.subarray(PREFIX_BYTES)
  }

  #read(chunk: Buffer): void {
    this.#length += chunk.length
    if (this.#length > MAX_RESPONSE_BYTES + PREFIX_BYTES) {
      this.#error = new ResponseError(`an answer of more than ${MAX_RESPONSE_BYTES} bytes`, true)
      this.#stream.destroy()
    } else this.#chunks.push(chunk)
  }

  #finish(): void {
    const end = this.#end
    // An answer has ended when its trailers have come; without them something has gone wrong.
    if (end === undefined || (this.outcome === undefined && !this.#stream.closed)) return
    this.#end = undefined
    const { NGHTTP2_CANCEL } = process.getBuiltinModule('node:http2').constants
    if (!this.#stream.closed && !this.isSent) this.#stream.close(NGHTTP2_CANCEL)
    if (this.outcome !== undefined && this.#error === undefined) end(undefined)
    else end(this.#error ?? Object.assign(new Error('the call ended'), { code: 'ECONNRESET' }))
  }
}

function isGrpc(headers: IncomingHttpHeaders & IncomingHttpStatusHeader): boolean {
  return headers[':status'] === 200 && (headers['content-type'] ?? '').startsWith('application/grpc')
}
