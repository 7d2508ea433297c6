import type { Context, Span } from '@opentelemetry/api'
import { methodName } from '../../src/instrumentation/http.js'
import { sentAttributes } from '../../src/instrumentation/http-kinds.js'
import { type Describe, type Kit, ownText } from '../../src/instrumentation/kit.js'
import { MessageLife } from '../../src/instrumentation/message.js'
import { SentRequests } from '../../src/instrumentation/sent.js'
import { redactUrl } from '../../src/instrumentation/url.js'
import { Sending, type Sent } from './sending.js'
import { SentStream } from './sent-stream.js'

/** Requests of HTTP that this process sends. */
export class HttpSending extends Sending {
  readonly #requests: SentRequests
  readonly #describe: Describe<Sent>

  constructor(kit: Kit) {
    super(kit)
    this.#requests = new SentRequests(kit)
    const { http } = kit
    this.#describe =
      http === undefined || http.client.request.length === 0
        ? describeRequest
        : (sent) => http.captureInto(describeRequest(sent), 'request', http.client.request, (name) => sent.fields[name])
  }

  protected override start(sent: Sent, parent: Context, beganAt: number): { life: MessageLife; span: Span } {
    const { method, host, port, shared } = sent
    const span = this.kit.startClient(methodName(method), parent, this.#describe, sent, shared, beganAt)
    const call = this.#requests.follow(span, method, host, port, beganAt)
    return { life: call === undefined ? new MessageLife(parent) : new SentStream(parent, call, sent, this.kit), span }
  }
}

function describeRequest({ method, scheme, authority, path }: Sent): (string | number | undefined)[] {
  return sentAttributes(method, ownText(redactUrl(`${scheme}://${authority}${method === 'CONNECT' ? '' : path}`)))
}
