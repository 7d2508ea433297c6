import type { TransportSettings } from '../../src/export/transport/transport.js'

/** What a transport is made of, where a test says nothing else. */
export function settingsTo(url: URL | string, settings: Partial<TransportSettings> = {}): TransportSettings {
  return {
    protocol: 'http/protobuf',
    url: String(url),
    headers: new Map(),
    compression: 'none',
    tls: { authorities: undefined, clientCertificate: undefined, clientKey: undefined },
    proxy: undefined,
    contentType: 'application/x-protobuf',
    version: '1.2.3',
    ...settings,
  }
}
