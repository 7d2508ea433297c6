import type { Socket } from 'node:net'
import type { HttpResponse } from './http-response.js'

const CHUNK_BYTES = 64 * 1024

/**
 * The answer to a request that was sent on a socket whose event loop turns no more: it is read from
 * the file descriptor. Not possible with TLS, nor on Windows.
 */
export class UnreadAnswer {
  readonly #fd: number
  readonly #response: HttpResponse
  #ended = false

  /** Undefined where the socket's bytes cannot be had. `response` has what it has brought before. */
  static of(socket: Socket, response: HttpResponse): UnreadAnswer | undefined {
    const { _handle: handle, encrypted } = socket as { _handle?: { fd?: number } | null; encrypted?: boolean }
    const fd = handle?.fd
    return encrypted !== true && typeof fd === 'number' && fd >= 0 ? new UnreadAnswer(fd, response) : undefined
  }

  private constructor(fd: number, response: HttpResponse) {
    this.#fd = fd
    this.#response = response
  }

  /**
   * Looks what has come, and waits for nothing: undefined while the answer is not whole. A status
   * that has come stands, whatever became of the body.
   *
   * @throws the error of the socket, one of code ECONNRESET where it ended before the answer, or one that tells that
   *   the answer is no answer.
   */
  look(): HttpResponse | undefined {
    const response = this.#response
    this.#read()
    if (response.isWhole || (this.#ended && response.status !== 0)) return response
    if (this.#ended) {
      throw Object.assign(new Error('connection closed before an answer came'), { code: 'ECONNRESET' })
    }
    return undefined
  }

  #read(): void {
    const { readSync } = process.getBuiltinModule('node:fs')
    try {
      while (!this.#ended && !this.#response.isWhole) {
        const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
        const length = readSync(this.#fd, chunk)
        this.#ended = length === 0
        this.#response.feed(chunk.subarray(0, length))
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
    }
  }
}
