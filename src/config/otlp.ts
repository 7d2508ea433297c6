import type { OtlpConfig, TlsConfig } from './config.js'
import { readUrl } from './endpoint.js'
import { readGrpcUrl, readImpliedGrpcUrl } from './endpoint-grpc.js'
import { readProxy } from './proxy.js'
import type { Settings } from './settings.js'
import { signalVariable } from './variables/otlp.js'
import type { ExportedSignal } from './variables.js'

/** All that tells how a signal is exported over OTLP: its own variables, and where they are unset the general ones. */
export function readOtlp(settings: Settings, signal: ExportedSignal): OtlpConfig {
  const { protocol, url } = readDestination(settings, signal)
  const headers = settings.read('OTEL_EXPORTER_OTLP_HEADERS')
  const own = settings.read(signalVariable(signal, 'HEADERS'))
  return Object.freeze({
    protocol,
    url,
    headers: new Map([...(headers ?? []), ...(own ?? [])]),
    timeoutMillis: settings.read(signalVariable(signal, 'TIMEOUT')),
    compression: settings.read(signalVariable(signal, 'COMPRESSION')),
    tls: readTls(settings, signal),
    proxy: readProxy(settings, url),
  })
}

function readDestination(settings: Settings, signal: ExportedSignal): Pick<OtlpConfig, 'protocol' | 'url'> {
  const protocol = settings.read(signalVariable(signal, 'PROTOCOL'))
  const isInsecure = settings.read(signalVariable(signal, 'INSECURE'))
  if (protocol === 'grpc') return { protocol, url: readGrpcUrl(settings, signal, isInsecure) }
  const implied = readImpliedGrpcUrl(settings, signal)
  return implied === undefined ? { protocol, url: readUrl(settings, signal) } : { protocol: 'grpc', url: implied }
}

function readTls(settings: Settings, signal: ExportedSignal): TlsConfig {
  const authorities = settings.read(signalVariable(signal, 'CERTIFICATE'))
  const clientCertificate = settings.read(signalVariable(signal, 'CLIENT_CERTIFICATE'))
  const clientKey = settings.read(signalVariable(signal, 'CLIENT_KEY'))
  if ((clientCertificate === undefined) === (clientKey === undefined)) {
    return Object.freeze({ authorities, clientCertificate, clientKey })
  }
  const [given, missing] = clientKey === undefined ? CERTIFICATE_AND_KEY : KEY_AND_CERTIFICATE
  const own = signalVariable(signal, given)
  const name = settings.given(own) === undefined ? (`OTEL_EXPORTER_OTLP_${given}` as const) : own
  settings.complain(name, `is worth nothing without OTEL_EXPORTER_OTLP_${missing}`, 'it is ignored')
  return Object.freeze({ authorities, clientCertificate: undefined, clientKey: undefined })
}

const CERTIFICATE_AND_KEY = ['CLIENT_CERTIFICATE', 'CLIENT_KEY'] as const
const KEY_AND_CERTIFICATE = ['CLIENT_KEY', 'CLIENT_CERTIFICATE'] as const
