import type { Socket } from 'node:net'
import type { Span } from '@opentelemetry/api'
import { SharedAttributes } from '../trace/attributes.js'
import { recordingOf } from '../trace/span.js'

/** Where a connection keeps what was told of its calls. */
const PEER: unique symbol = Symbol('autospan.peer')

interface Peer {
  /** That they are calls to. */
  readonly server: SharedAttributes
  /** The same, and the peer. */
  readonly shared: SharedAttributes
}

/**
 * Puts the peer of a connection on a call's span, which began with what it shares with all calls to `server`.
 *
 * @param connection keeps what is told: the socket itself, or the session that hides it
 */
export function tellPeer(span: Span, server: SharedAttributes, socket: Socket, connection: object = socket): void {
  const recording = recordingOf(span)
  const isSharing = recording?.shared === server
  const known = (connection as { [PEER]?: Peer })[PEER]
  if (isSharing && known?.server === server) {
    recording.shared = known.shared
    return
  }
  const { remoteAddress, remotePort } = socket
  if (remoteAddress === undefined || !span.isRecording()) return
  if (!isSharing) {
    span.setAttribute('network.peer.address', remoteAddress)
    span.setAttribute('network.peer.port', remotePort)
    return
  }
  const peer = ['network.peer.address', remoteAddress, 'network.peer.port', remotePort]
  const shared = new SharedAttributes([...server.list, ...peer])
  recording.shared = shared
  // Hidden from programs that print sockets.
  Object.defineProperty(connection, PEER, { value: { server, shared }, writable: true, configurable: true })
}
