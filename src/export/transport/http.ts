import { decodeExportResponse, decodeStatusMessage } from '../../otlp/response.js'
import { isRetryableStatus, readRetryAfter } from '../retry.js'
import type { Exchange, Send } from './attempt.js'
import { ConnectedTransport } from './connected.js'
import { HttpConnection } from './http-connection.js'
import { requestHead } from './http-request.js'
import type { HttpResponse } from './http-response.js'
import { printableUrl } from './printable-url.js'
import { failure } from './settlement.js'
import { type Answer, obstacleOf, oneLine, reasonOf, type TransportSettings } from './transport.js'
import { UnreadAnswer } from './unread-answer.js'

const NOTHING = new Uint8Array(0)

/** OTLP over HTTP/1.1. */
export class HttpTransport extends ConnectedTransport<HttpConnection> {
  /** The head of each request up to its length; undefined until the first. */
  #head: string | undefined

  constructor(settings: TransportSettings) {
    super(settings, (socket) => new HttpConnection(socket))
  }

  protected override request(body: Uint8Array): Send<HttpConnection> {
    this.#head ??= requestHead(this.settings)
    const head = Buffer.from(`${this.#head}${body.byteLength}\r\n\r\n`, 'latin1')
    return (connection, end) => {
      connection.send(head, body, end)
      return new HttpExchange(connection)
    }
  }
}

class HttpExchange implements Exchange {
  readonly #connection: HttpConnection

  constructor(connection: HttpConnection) {
    this.#connection = connection
  }

  get isSent(): boolean {
    return this.#connection.isSent
  }

  get isUntouched(): boolean {
    return this.#connection.response.isUntouched
  }

  /** Once there is a status, it stands. */
  get answer(): Answer | undefined {
    const { response } = this.#connection
    return response.status === 0 ? undefined : judge(response)
  }

  get look(): (() => Answer | undefined) | undefined {
    const { socket, response } = this.#connection
    const unread = UnreadAnswer.of(socket, response)
    return unread && (() => look(unread, response))
  }
}

function look(unread: UnreadAnswer, response: HttpResponse): Answer | undefined {
  try {
    return unread.look() && judge(response)
  } catch (error) {
    return response.status === 0 ? failure(reasonOf(error), true, obstacleOf(error)) : judge(response)
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
    if (contentType?.startsWith('text/html')) return { kind: 'accepted', rejected: 0, message: WEB_PAGE, status }
    const { rejected, message } = decodeExportResponse(body, contentType)
    return { kind: 'accepted', rejected, message: oneLine(message), status }
  }
  const words = oneLine(`status ${status} ${statusText}`)
  const message = redirection(status, headers.get('location')) || serverMessage(body, contentType)
  const reason = message === '' ? words : `${words}: ${message}`
  if (status === 400) return { kind: 'refused', reason, culprit: 'content', status }
  if (status === 413) return { kind: 'refused', reason, culprit: 'size', status }
  if (status === 404) return { kind: 'refused', reason, isNoPlace: true, status }
  if (!isRetryableStatus(status)) return { kind: 'refused', reason, status }
  return failure(reason, true, { waitMillis: readRetryAfter(headers.get('retry-after')), status })
}

/** Telemetry goes where the user has said, and nowhere else; but this is most often a gateway that wants https. */
function redirection(status: number, location = ''): string {
  if (status < 300 || status > 399 || !URL.canParse(location)) return ''
  return oneLine(`that is at ${printableUrl(location)}, which the endpoint has to lead to`)
}

function serverMessage(body: Uint8Array, contentType = ''): string {
  if (body.byteLength === 0) return ''
  if (contentType.startsWith('text/plain')) return oneLine(Buffer.from(body).toString())
  return oneLine(decodeStatusMessage(body, contentType))
}
