import type { ServerHttp2Stream } from 'node:http2'
import type { Context } from '@opentelemetry/api'
import { describeAsked, describeParties, originalScheme, sharedParties } from '../../src/instrumentation/asked.js'
import { methodName } from '../../src/instrumentation/http.js'
import { Kinds } from '../../src/instrumentation/http-kinds.js'
import { ServerMetrics } from '../../src/instrumentation/http-metrics.js'
import type { HeaderValue } from '../../src/instrumentation/http-rules.js'
import type { Describe, Kit, Share } from '../../src/instrumentation/kit.js'
import { MessageLife } from '../../src/instrumentation/message.js'
import { ServedStream, ServedTunnel } from './served-stream.js'
import { type Asked, Serving } from './serving.js'
import { VERSION } from './streams.js'

/** Requests of HTTP that this process serves. */
export class HttpServing extends Serving {
  readonly #kinds = new Kinds()
  readonly #describe: Describe<Asked>
  readonly #share: Share<Asked>
  #metrics: ServerMetrics | undefined

  constructor(kit: Kit) {
    super(kit)
    const { http } = kit
    const describeOwn: Describe<Asked> =
      http === undefined || http.server.request.length === 0
        ? describeRequest
        : (asked) =>
            http.captureInto(describeRequest(asked), 'request', http.server.request, (name) => headerOf(asked, name))
    const describeAll = (asked: Asked) => [
      ...describeOwn(asked, undefined),
      ...describeParties(asked.headers, asked.authority, asked.socket, VERSION, asked.scheme),
    ]
    this.#describe = (asked, shared) => (shared === undefined ? describeAll(asked) : describeOwn(asked, shared))
    this.#share = ({ session, headers, authority, socket, scheme }) =>
      sharedParties(session, headers, authority, socket, VERSION, scheme, kit)
  }

  protected override start(stream: ServerHttp2Stream, asked: Asked, parent: Context, beganAt: number): MessageLife {
    const { kit } = this
    const { method, headers, scheme } = asked
    const span = kit.startServer(methodName(method), parent, this.#describe, asked, this.#share, beganAt)
    const context = kit.withSpan(parent, span)
    if (method === 'CONNECT') return new ServedTunnel(context, span, method, stream)
    if (kit.hasMeter) this.#metrics ??= new ServerMetrics(kit)
    const metrics = this.#metrics
    if (metrics === undefined && !span.isRecording()) return new MessageLife(context)
    const original = metrics === undefined ? undefined : originalScheme(headers, scheme)
    return new ServedStream(context, span, stream, asked, this.#kinds, beganAt, metrics, original, kit.http)
  }
}

function describeRequest({ method, path }: Asked): (string | number | undefined)[] {
  return describeAsked(method, path)
}

function headerOf({ headers }: Asked, name: string): HeaderValue {
  return Object.hasOwn(headers, name) ? headers[name] : undefined
}
