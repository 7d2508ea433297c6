import type { Socket } from 'node:net'
import { HttpResponse } from './http-response.js'

/** One connection, for one HTTP/1.1 request after the other. */
export class HttpConnection {
  readonly #socket: Socket
  /** Of the request that was sent last. */
  #response = new HttpResponse()
  /** Undefined while the connection is idle. */
  #end: ((error: unknown) => void) | undefined
  #isOpen = true

  /** Takes over a socket that is connected and that nobody has read from. */
  constructor(socket: Socket) {
    this.#socket = socket
    socket.unref()
    socket.on('data', (bytes) => this.#read(bytes))
    socket.on('end', () => this.#close(undefined))
    socket.on('error', (error) => this.#close(error))
    socket.on('close', () => this.#close(undefined))
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** What has come of the answer to the last request. */
  get response(): HttpResponse {
    return this.#response
  }

  /** The last request has left the process in full. */
  get isSent(): boolean {
    return this.#socket.writableLength === 0
  }

  /** The socket, where it has brought nothing that is not in `response`. */
  get socket(): Socket {
    return this.#socket
  }

  /**
   * Sends a request. `end` is called once: without an error when the answer is whole, or with what
   * has ended the connection before.
   */
  send(head: Uint8Array, body: Uint8Array, end: (error: unknown) => void): void {
    const socket = this.#socket
    this.#response = new HttpResponse()
    this.#end = end
    socket.cork()
    socket.write(head)
    socket.write(body)
    socket.uncork()
  }

  destroy(): void {
    this.#isOpen = false
    this.#end = undefined
    this.#socket.destroy()
  }

  #read(bytes: Buffer): void {
    // Nobody has asked: a server says good-bye, or is broken.
    if (this.#end === undefined) {
      this.destroy()
      return
    }
    try {
      this.#response.feed(bytes)
      if (this.#response.isWhole) this.#finish()
    } catch (error) {
      this.#close(error)
    }
  }

  #finish(): void {
    const end = this.#end
    // An answer to half a request leaves the server waiting for the rest.
    if (!this.#response.keepsConnection || !this.isSent) this.destroy()
    this.#end = undefined
    end?.(undefined)
  }

  #close(error: unknown): void {
    const end = this.#end
    this.destroy()
    if (end === undefined) return
    this.#response.end()
    end(this.#response.isWhole ? undefined : (error ?? endedEarly()))
  }
}

function endedEarly(): Error {
  return Object.assign(new Error('the connection ended'), { code: 'ECONNRESET' })
}
