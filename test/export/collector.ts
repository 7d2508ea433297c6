import { EventEmitter, once } from 'node:events'
import fs from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, Server as TlsServer } from 'node:https'
import { syncBuiltinESMExports } from 'node:module'
import type { AddressInfo, Socket } from 'node:net'
import type { TlsOptions } from 'node:tls'
import { gunzipSync } from 'node:zlib'
import type { Encoder } from '../../src/otlp/encoder.js'
import type { SpanData } from '../../src/trace/span.js'

/** A request of one resource and scope in which each span is its id: the collector below counts ids. */
export class IdEncoder implements Encoder<SpanData> {
  readonly contentType = 'application/x-protobuf'
  #ids: string[] = []
  #length = 0

  get count(): number {
    return this.#ids.length
  }

  get byteLength(): number {
    return this.#length
  }

  add({ spanId }: SpanData): void {
    this.#ids.push(spanId)
    this.#length += spanId.length + 2
  }

  take(): Uint8Array {
    const spans = Buffer.concat(this.#ids.map((id) => field(2, Buffer.from(id))))
    this.#ids = []
    this.#length = 0
    return field(1, field(2, spans))
  }
}

/** A request with spans of these ids. */
export function requestOf(...ids: string[]): Uint8Array {
  const encoder = new IdEncoder()
  for (const id of ids) encoder.add(span(id))
  return encoder.take()
}

/** The ids in a request of `IdEncoder`. */
export function idsOf(request: Uint8Array): string[] {
  return contents(request).flatMap(contents).flatMap(contents).map(String)
}

/** A field of protobuf that is a string or a message, of less than 16 MiB. */
function field(number: number, content: Buffer): Buffer {
  const { length } = content
  const size = [0, 7, 14, 21].map((shift) => ((length >> shift) & 0x7f) | (shift === 21 ? 0 : 0x80))
  return Buffer.concat([Buffer.from([8 * number + 2, ...size]), content])
}

function contents(message: Uint8Array): Buffer[] {
  const found: Buffer[] = []
  for (let at = 1; at < message.length; at++) {
    let length = 0
    for (let shift = 0; ; shift += 7) {
      const byte = message[at++] as number
      length |= (byte & 0x7f) << shift
      if (byte < 0x80) break
    }
    found.push(Buffer.from(message.subarray(at, at + length)))
    at += length
  }
  return found
}

/** A span as far as `IdEncoder` looks at it. */
export function span(spanId: string): SpanData {
  return { spanId } as SpanData
}

/** `count` different spans. */
export function spans(count: number): SpanData[] {
  return Array.from({ length: count }, (_, i) => span(`span-${i}`))
}

export interface Received {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly rawBody: Buffer
  readonly ids: string[]
  readonly socket: Socket
}

export type Handler = (response: ServerResponse, request: Received, index: number) => void

/** An OTLP collector on loopback that does as it is told. */
export class Collector {
  readonly requests: Received[] = []
  /** How many requests were under way at once, at most. */
  most = 0
  readonly url: URL
  readonly #server: Server
  readonly #events = new EventEmitter()
  #underWay = 0

  private constructor(server: Server, handler: Handler) {
    this.#server = server
    const address = server.address() as AddressInfo | string
    this.url = new URL(
      typeof address === 'string'
        ? `http+unix://${encodeURIComponent(address)}/v1/traces`
        : `${server instanceof TlsServer ? 'https' : 'http'}://127.0.0.1:${address.port}/v1/traces`,
    )
    server.on('request', async (request: IncomingMessage, response: ServerResponse) => {
      this.most = Math.max(this.most, ++this.#underWay)
      response.on('close', () => this.#underWay--)
      const chunks: Buffer[] = []
      try {
        for await (const chunk of request) chunks.push(chunk)
      } catch {
        return
      }
      const rawBody = Buffer.concat(chunks)
      const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(rawBody) : rawBody
      const received = {
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        rawBody,
        ids: idsOf(body),
        socket: request.socket,
      }
      this.requests.push(received)
      handler(response, received, this.requests.length - 1)
      this.#events.emit('request')
    })
  }

  /** `tls` makes it speak https; `port` is a free one where it is 0, and may be the path of a unix socket. */
  static async listen(handler: Handler = accept, port: number | string = 0, tls?: TlsOptions): Promise<Collector> {
    const server = tls === undefined ? createServer() : createTlsServer(tls)
    if (typeof port === 'string') server.listen(port)
    else server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return new Collector(server, handler)
  }

  /** A URL where nobody listens. */
  static async nowhere(): Promise<URL> {
    const collector = await Collector.listen()
    await collector.close()
    return collector.url
  }

  /** The ids of all requests, those of refused ones too. */
  get ids(): string[] {
    return this.requests.flatMap((request) => request.ids)
  }

  /** Resolves when `count` requests have come. */
  async requested(count: number): Promise<void> {
    while (this.requests.length < count) await once(this.#events, 'request')
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }
}

export function accept(response: ServerResponse): void {
  response.end()
}

/** Answers with each of `handlers` in turn, with the last one for ever. */
export function inTurn(...handlers: Handler[]): Handler {
  return (response, request, index) => handlers[Math.min(index, handlers.length - 1)]!(response, request, index)
}

export function status(code: number, headers: Record<string, string> = {}, body: string | Buffer = ''): Handler {
  return (response) => {
    response.writeHead(code, headers).end(body)
  }
}

/** `ExportTraceServiceResponse` with a partial success, in protobuf; numbers and lengths below 128. */
export function partialSuccess(rejected: number, message: string): Buffer {
  const inner = Buffer.concat([Buffer.from([0x08, rejected, 0x12, message.length]), Buffer.from(message)])
  return Buffer.concat([Buffer.from([0x0a, inner.length]), inner])
}

/** Collects what the agent says, instead of printing it, until `restore` is called. */
export function listenToDiag(): { readonly lines: string[]; restore(): void } {
  const lines: string[] = []
  const original = fs.writeSync
  fs.writeSync = ((fd: number, text: string) => {
    if (fd !== 2) return original(fd, text)
    lines.push(text.trimEnd())
    return text.length
  }) as typeof fs.writeSync
  syncBuiltinESMExports()
  return {
    lines,
    restore() {
      fs.writeSync = original
      syncBuiltinESMExports()
    },
  }
}
