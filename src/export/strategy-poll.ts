import type { Socket } from 'node:net'
import type { RemoteSamplerConfig } from '../config/config.js'
import { runOutside } from '../context/manager.js'
import { setTimeout } from '../context/timers.js'
import { diag } from '../diag/diag.js'
import { Dial } from './transport/dial.js'
import type { HttpConnection } from './transport/http-connection.js'
import { NameLookup } from './transport/lookup.js'
import { NO_FILES, routeTo } from './transport/route.js'
import { oneLine } from './transport/transport.js'

/** How long one question may take. */
const TIMEOUT_MILLIS = 5000
const NOTHING = new Uint8Array(0)

/**
 * Asks a Jaeger collector or agent for the service's sampling strategy, again and again, over HTTP and by the agent's
 * own client: untraced, and nothing of it keeps the process alive. What fails is said once until it works again.
 */
export class StrategyPoll {
  readonly #settings: RemoteSamplerConfig
  readonly #url: URL
  readonly #take: (answer: string) => void
  readonly #open: (socket: Socket) => HttpConnection
  #hasFailed = false
  #isStopped = false

  /** @param take gets each answer's text, and throws where it is of no use */
  constructor(
    settings: RemoteSamplerConfig,
    serviceName: string,
    take: (answer: string) => void,
    open: (socket: Socket) => HttpConnection,
  ) {
    this.#settings = settings
    this.#take = take
    this.#open = open
    this.#url = strategyUrl(settings.endpoint, serviceName)
  }

  start(): void {
    runOutside(() => this.#ask(), undefined)
  }

  stop(): void {
    this.#isStopped = true
  }

  #ask(): void {
    if (this.#isStopped) return
    let isOver = false
    let connection: HttpConnection | undefined
    const end = (error: unknown): void => {
      if (isOver) return
      isOver = true
      clearTimeout(timer)
      dial.abort()
      connection?.destroy()
      if (this.#isStopped) return
      this.#told(error)
      setTimeout(() => this.#ask(), this.#settings.pollingIntervalMillis).unref()
    }
    const timer = setTimeout(() => end(new Error(`no answer within ${TIMEOUT_MILLIS} ms`)), TIMEOUT_MILLIS).unref()
    const route = routeTo({ url: this.#url.href, tls: NO_FILES, proxy: undefined })
    const dial = new Dial({ route, tunnel: false, protocol: 'http/1.1', names: new NameLookup() }, (error, socket) => {
      if (socket === undefined) {
        end(error)
        return
      }
      const opened = this.#open(socket)
      connection = opened
      opened.send(this.#head(), NOTHING, (failure) => end(failure ?? this.#read(opened)))
    })
  }

  #head(): Buffer {
    const { host, pathname, search } = this.#url
    const lines = [
      `GET ${pathname}${search} HTTP/1.1`,
      `host: ${host}`,
      'accept: application/json',
      'connection: close',
    ]
    return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
  }

  /** @returns what is wrong with the answer, if anything */
  #read({ response }: HttpConnection): unknown {
    if (response.status !== 200) return new Error(oneLine(`status ${response.status} ${response.statusText}`))
    try {
      this.#take(response.body.toString())
      return undefined
    } catch (error) {
      return error
    }
  }

  #told(error: unknown): void {
    const { origin } = this.#url
    if (error === undefined && this.#hasFailed) diag.info(`sampling strategies come from ${origin} again`)
    if (error !== undefined && !this.#hasFailed) {
      const reason = error instanceof Error ? error.message : String(error)
      diag.warn(`no sampling strategy from ${origin}: ${oneLine(reason)}; the last one counts until there is another`)
    }
    this.#hasFailed = error !== undefined
  }
}

/** `endpoint` is that of the service, or already of its strategies. */
function strategyUrl(endpoint: string, serviceName: string): URL {
  const url = new URL(endpoint)
  if (!url.pathname.endsWith('/sampling')) url.pathname = `${url.pathname.replace(/\/$/, '')}/sampling`
  url.searchParams.set('service', serviceName)
  return url
}
