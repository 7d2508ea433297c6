import type { SignalName } from './config.js'
import { type Parsed, url as urlType } from './parse.js'
import type { Settings } from './settings.js'
import { signalVariable } from './variables/otlp.js'
import type { ExportedSignal, VariableName } from './variables.js'

const BASE = 'OTEL_EXPORTER_OTLP_ENDPOINT'
const DEFAULT = 'http://localhost:4317'
const DEFAULT_PORT = 4317
const HTTP_PORT = '4318'

const METHODS: Readonly<Record<SignalName, string>> = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
}

/** With `dns:` a host is named as gRPC does; the authority that may stand before it is a name server's. */
const DNS = /^dns:(?:\/\/[^/]*\/)?/i
/** A host with or without a port; IPv6 addresses in brackets. */
const TARGET = /^(\[[0-9a-f:.]+\]|[^\s:/?#@[\]]+)(:\d+)?\/?$/i

/**
 * The URL of the method that takes a signal. Its scheme tells whether TLS is spoken: that of the endpoint, and where that
 * has none `isInsecure`. Follows protocol/exporter.md of the specification.
 */
export function readGrpcUrl(settings: Settings, signal: ExportedSignal, isInsecure: boolean): URL {
  const read = (name: VariableName, instead: () => URL) => readVariable(settings, name, isInsecure, instead)
  const url = read(signalVariable(signal, 'ENDPOINT'), () => read(BASE, () => new URL(DEFAULT)))
  url.pathname = METHODS[signal]
  url.search = ''
  return url
}

/**
 * The same where no protocol is set, and the port that is given is gRPC's: nothing that speaks HTTP would answer there.
 * Undefined where it is another port, or where a path says that HTTP is meant.
 */
export function readImpliedGrpcUrl(settings: Settings, signal: ExportedSignal): URL | undefined {
  const named = [signalVariable(signal, 'PROTOCOL'), 'OTEL_EXPORTER_OTLP_PROTOCOL']
  const own = signalVariable(signal, 'ENDPOINT')
  const name = settings.given(own) === undefined ? BASE : own
  const text = settings.given(name)
  if (text === undefined || named.some((name) => settings.given(name) !== undefined)) return undefined
  const { value: url, problem } = urlType.parse(text)
  if (url?.port !== String(DEFAULT_PORT) || url.pathname !== '/' || url.search !== '') return undefined
  const problems = ['has port 4317, which is usual for gRPC, while no protocol is set', ...settings.slips(name)]
  if (problem !== undefined) problems.unshift(problem)
  settings.complain(name, problems.join(' and '), `using grpc to ${url.protocol}//${url.host}`)
  url.pathname = METHODS[signal]
  return url
}

function readVariable(settings: Settings, name: VariableName, isInsecure: boolean, instead: () => URL): URL {
  const text = settings.given(name)
  if (text === undefined) return instead()
  const { value, problem } = parseTarget(text, isInsecure)
  const url = value ?? instead()
  const problems = value === undefined ? [problem] : [...settings.slips(name), problem, ...faultsOf(url)]
  const told = problems.filter((problem) => problem !== undefined)
  if (told.length > 0) settings.complain(name, told.join(' and '), `using ${url.protocol}//${url.host}`)
  return url
}

function parseTarget(text: string, isInsecure: boolean): Parsed<URL> {
  const [, host, port = `:${DEFAULT_PORT}`] = TARGET.exec(text.replace(DNS, '')) ?? []
  if (host === undefined || /^\d+$/.test(host)) return urlType.parse(text)
  return urlType.parse(`${isInsecure ? 'http' : 'https'}://${host}${port}`)
}

function faultsOf({ protocol, port, pathname, search }: URL): readonly string[] {
  const faults = []
  if ((pathname !== '/' && pathname !== '') || search !== '') faults.push('has a path, which gRPC has no use for')
  if (port === HTTP_PORT && protocol !== 'http+unix:')
    faults.push('has port 4318, which is usual for HTTP (4317 is for gRPC)')
  return faults
}
