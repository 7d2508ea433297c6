import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Context, Span, TextMapGetter } from '@opentelemetry/api'
import {
  describeAsked,
  describeParties,
  originalScheme,
  originForm,
  type Scheme,
  schemeOf,
  sharedParties,
} from '../../src/instrumentation/asked.js'
import { methodName, recordServerStatus } from '../../src/instrumentation/http.js'
import { Kinds } from '../../src/instrumentation/http-kinds.js'
import { ServerMetrics } from '../../src/instrumentation/http-metrics.js'
import type { Describe, Kit, Share } from '../../src/instrumentation/kit.js'
import { lifeOf, type Message, MessageLife, setLife } from '../../src/instrumentation/message.js'
import { cover, shadow } from '../../src/instrumentation/shadow.js'
import { UpgradeRequest } from '../../src/instrumentation/upgrade.js'
import type { AnyFunction } from '../../src/instrumentation/wrap.js'
import { ServedMessage } from './served-message.js'

/** Begins the spans of requests; what it returns is the context in which a request is served. */
export interface Serving {
  /** Undefined for a request that is emitted again, as by a handler of `checkContinue`: it has its span; and for a mock. */
  beginRequest(request: IncomingMessage & Message, response: ServerResponse & Message): Context | undefined
  beginUpgrade(request: IncomingMessage & Message, socket: Socket): Context | undefined
}

/** Loaded when a server listens, or with its first request: many programs serve none. */
export function createServing(scheme: Scheme, kit: Kit): Serving {
  // Loads the propagators too.
  kit.propagationFields()
  const { http } = kit
  const describeOwn: Describe<IncomingMessage> =
    http === undefined || http.server.request.length === 0
      ? describeRequest
      : (request) =>
          http.captureInto(describeRequest(request), 'request', http.server.request, (name) =>
            http.receivedHeader(request, name),
          )
  const describeAll = (request: IncomingMessage) => [
    ...describeOwn(request, undefined),
    ...describeParties(request.headers, request.headers.host, request.socket, request.httpVersion, scheme),
  ]
  const describe: Describe<IncomingMessage> = (request, shared) =>
    shared === undefined ? describeAll(request) : describeOwn(request, shared)
  const share: Share<IncomingMessage> = ({ headers, socket, httpVersion }) =>
    sharedParties(socket, headers, headers.host, socket, httpVersion, scheme, kit)
  const kinds = new Kinds()
  let metrics: ServerMetrics | undefined
  return { beginRequest, beginUpgrade }

  function measuring(): ServerMetrics | undefined {
    if (kit.hasMeter) metrics ??= new ServerMetrics(kit)
    return metrics
  }

  function beginRequest(request: IncomingMessage & Message, response: ServerResponse & Message): Context | undefined {
    if (!areMessages(request, response) || lifeOf(request) !== undefined) return undefined
    const parent = kit.extract(request, headerGetter)
    const beganAt = kit.now()
    const span = start(request, parent, beganAt)
    const context = kit.withSpan(parent, span)
    const metrics = measuring()
    const life =
      metrics === undefined && !span.isRecording()
        ? new MessageLife(context)
        : new ServedMessage(
            context,
            span,
            request,
            response,
            kinds,
            beganAt,
            metrics,
            metrics && originalScheme(request.headers, schemeOf(request.socket, scheme)),
          )
    setLife(request, life)
    setLife(response, life)
    return context
  }

  function beginUpgrade(request: IncomingMessage & Message, socket: Socket): Context | undefined {
    if (request?.socket === undefined || lifeOf(request) !== undefined) return undefined
    const parent = kit.extract(request, headerGetter)
    const span = start(request, parent, kit.now())
    const context = kit.withSpan(parent, span)
    setLife(request, new UpgradeRequest(context, span, request.method ?? ''))
    endAtFirstWrite(socket, span)
    return context
  }

  function start(request: IncomingMessage, parent: Context, beganAt: number): Span {
    if (http?.ignoresPath(originForm(request.url ?? '')) === true) return kit.skip(parent)
    return kit.startServer(methodName(request.method ?? ''), parent, describe, request, share, beganAt)
  }
}

/** What a program hands to a server itself may be anything that its handler takes; the end of that is not heard of. */
function areMessages(request: Partial<IncomingMessage> | undefined, response: object | undefined): boolean {
  return response !== undefined && '_storeHeader' in response && request?.socket !== undefined
}

const STATUS_LINE = /^HTTP\/1\.[01] ([1-5]\d\d)/

/**
 * An upgraded connection answers through the socket: the status is in the first bytes written, by `write` or, where
 * the upgrade is refused, by `end`; and what follows is no longer HTTP. The socket gets no listener: programs that take
 * all of them away do not mean ours.
 */
function endAtFirstWrite(socket: Socket, span: Span): void {
  if (!span.isRecording()) return
  const restoreWrite = shadow(socket, 'write', answer)
  const restoreEnd = shadow(socket, 'end', answer)
  const restoreEmit = cover(socket, 'emit', listen)

  function answer(write: AnyFunction, args: unknown[]): unknown {
    const [head] = args
    const text = typeof head === 'string' ? head : Buffer.isBuffer(head) ? head.toString('latin1', 0, 12) : ''
    const status = STATUS_LINE.exec(text)
    if (status !== null) recordServerStatus(span, Number(status[1]))
    finish()
    return write(...args)
  }

  function listen(emit: AnyFunction, args: unknown[]): unknown {
    if (args[0] === 'close') finish()
    return emit(...args)
  }

  function finish(): void {
    restoreWrite()
    restoreEnd()
    restoreEmit()
    span.end()
  }
}

const headerGetter: TextMapGetter<IncomingMessage> = {
  get: (request, name) => request.headers[name],
  keys: (request) => Object.keys(request.headers),
}

function describeRequest({ method, url }: IncomingMessage): (string | number | undefined)[] {
  return describeAsked(method ?? '', url ?? '')
}
