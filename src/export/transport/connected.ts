import type { Socket } from 'node:net'
import { runOutside } from '../../context/manager.js'
import { Attempt, type Connection, type Send } from './attempt.js'
import type { DialSettings } from './dial.js'
import { Gzip } from './gzip.js'
import { NameLookup } from './lookup.js'
import { printableUrl } from './printable-url.js'
import { routeTo } from './route.js'
import { failure } from './settlement.js'
import {
  type Answer,
  type Interrupted,
  obstacleOf,
  reasonOf,
  type Transport,
  type TransportSettings,
} from './transport.js'

const CLOSED = 'the exporter is closed'

/**
 * A transport with a keep-alive connection of its own. Neither `node:http` nor what a program or another agent has made
 * of it is in between. Runs outside the program's contexts throughout: none of them lives on in a socket or timer.
 */
export abstract class ConnectedTransport<C extends Connection> implements Transport {
  readonly destination: string
  readonly settings: TransportSettings
  readonly #dialSettings: DialSettings
  readonly #open: (socket: Socket) => C
  readonly #gzip: Gzip | undefined
  /** The connection of the last request, where it can take another. */
  #kept: C | undefined
  #underWay: Attempt<C> | undefined
  #closed = false

  /** `open` makes a connection of a socket that is connected and that nobody has read from. */
  constructor(settings: TransportSettings, open: (socket: Socket) => C) {
    const route = routeTo(settings)
    const protocol = settings.protocol === 'grpc' ? 'h2' : 'http/1.1'
    this.destination = printableUrl(settings.url, settings.protocol)
    this.settings = settings
    // A proxy understands plain HTTP/1.1, and hands all else through unread.
    const tunnel = route.secure || protocol === 'h2'
    this.#dialSettings = { route, tunnel, protocol, names: new NameLookup() }
    this.#open = open
    this.#gzip = settings.compression === 'gzip' ? new Gzip() : undefined
  }

  /**
   * The request with a body, which is compressed as the settings say.
   *
   * @throws an error where a header is none that HTTP takes; it names no secret
   */
  protected abstract request(body: Uint8Array, timeoutMillis: number): Send<C>

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
      const packed = this.#gzip === undefined ? body : await this.#gzip.pack(body)
      if (this.#closed) return failure(CLOSED, false)
      const send = this.request(packed, timeoutMillis)
      const attempt = new Attempt(this.#dialSettings, this.#open, this.#kept, send, timeoutMillis)
      this.#underWay = attempt
      this.#kept = undefined
      const answer = await attempt.settlement.promise
      this.#underWay = undefined
      this.#kept = attempt.connection
      return answer
    } catch (error) {
      // Thrown before anything was sent: a header that HTTP does not take.
      return { kind: 'refused', reason: reasonOf(error), ...obstacleOf(error) }
    }
  }
}
