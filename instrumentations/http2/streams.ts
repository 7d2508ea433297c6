import type { Http2Session, Http2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import type { Span } from '@opentelemetry/api'
import { guard } from '../../src/instrumentation/guard.js'
import { keepContext } from '../../src/instrumentation/keep-context.js'
import type { Kit } from '../../src/instrumentation/kit.js'
import { lifeOf, type Message, type MessageLife } from '../../src/instrumentation/message.js'
import { tellPeer } from '../../src/instrumentation/peer.js'
import type { Sent } from './sending.js'

/** A stream as the agent may have marked it. */
export type Stream<Kind extends Http2Stream> = Kind & Message

/** A traced call that wants to know who has closed its stream. */
export interface StreamLife extends MessageLife {
  /** This side is about to close the stream itself. */
  closing(): void
}

/** Prototypes of streams and sessions, which node:http2 does not export: the first of each kind tells its own. */
const patched = new WeakSet<object>()

/** Whether a prototype is yet to be patched; from now on it counts as patched. */
export function isNew(prototype: object): boolean {
  if (patched.has(prototype)) return false
  patched.add(prototype)
  return true
}

/** Has the listeners of traced streams run in the contexts of their calls. `stream` is any stream of either side. */
export function patchStreams(stream: Http2Stream, kit: Kit): void {
  const prototype = Object.getPrototypeOf(Object.getPrototypeOf(stream)) as Stream<Http2Stream>
  if (!Object.hasOwn(prototype, 'rstCode') || !isNew(prototype)) return
  const noteClose = guard(kit.place('close', { always: true }), (stream: Stream<Http2Stream>) => {
    const life = lifeOf(stream)
    if (isStreamLife(life) && !isLost(stream)) life.closing()
  })
  keepContext(prototype, kit)
  kit.wrap(prototype, 'close', (close) => {
    return function (this: Stream<Http2Stream>, ...args: unknown[]) {
      noteClose(this)
      return close.apply(this, args)
    }
  })
}

function isStreamLife(life: MessageLife | undefined): life is StreamLife {
  return life !== undefined && 'closing' in life
}

/** Whether `event` is the last of a stream: of an error to which nobody listens Node.js throws, and tells no 'close'. */
export function isLastOf(stream: Message, event: string): boolean {
  return event === 'close' || (event === 'error' && stream.listenerCount('error') === 0)
}

/** Of HTTP/2, as `network.protocol.version` has it. */
export const VERSION = '2'

/** Whether the connection has gone: Node.js itself closes its streams then. */
function isLost({ session }: Http2Stream): boolean {
  return session === undefined || session.destroyed || session.socket?.destroyed !== false
}

/** Puts the peer of a call on its span; where the connection has gone nothing is known of it any more. */
export function tellPeerOf(span: Span, { shared }: Sent, session: Http2Session | undefined): void {
  const socket = session?.destroyed === false ? session.socket : undefined
  if (session !== undefined && socket !== undefined) tellPeer(span, shared, socket as Socket, session)
}
