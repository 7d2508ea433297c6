import type { SignalName } from './config.js'
import { url as urlType } from './parse.js'
import type { Settings } from './settings.js'
import { signalVariable } from './variables/otlp.js'
import { type ExportedSignal, VARIABLES, type VariableName } from './variables.js'

const BASE = 'OTEL_EXPORTER_OTLP_ENDPOINT'
const GRPC_PORT = '4317'
const SIGNAL_PATHS = /(\/v1\/(traces|metrics|logs))+\/*$/

/**
 * The URL that a signal is posted to: `OTEL_EXPORTER_OTLP_<SIGNAL>_ENDPOINT` as it is, else `v1/<signal>` below the path
 * of `OTEL_EXPORTER_OTLP_ENDPOINT`. Follows protocol/exporter.md of the specification.
 */
export function readUrl(settings: Settings, signal: ExportedSignal): URL {
  const own = signalVariable(signal, 'ENDPOINT')
  const append = (url: URL) => appendSignalPath(url, signal, own)
  return readVariable(
    settings,
    own,
    (url) => asItIs(url, signal),
    () =>
      readVariable(settings, BASE, append, () => {
        const url = new URL(VARIABLES[BASE].default)
        append(url)
        return url
      }),
  )
}

/**
 * @param complete makes the complete URL of the one that was given, in place, and returns what is wrong with it
 * @param instead gives the URL for when the variable is unset or cannot be used
 */
function readVariable(
  settings: Settings,
  name: VariableName,
  complete: (url: URL) => string | undefined,
  instead: () => URL,
): URL {
  const text = settings.given(name)
  if (text === undefined) return instead()
  const { value, problem } = urlType.parse(text)
  const url = value ?? instead()
  const problems = value === undefined ? [problem] : [problem, complete(url), portProblem(url)]
  const told = [...settings.slips(name), ...problems].filter((problem) => problem !== undefined)
  if (told.length > 0) settings.complain(name, told.join(' and '), `using ${urlType.show(url)}`)
  return url
}

/** A complete URL is not to be changed, but for what nobody can mean: a path that was appended twice. */
function asItIs(url: URL, signal: SignalName): string | undefined {
  const path = `/v1/${signal}`
  const doubled = new RegExp(`(${path}){2,}/*$`)
  if (doubled.test(url.pathname)) {
    url.pathname = url.pathname.replace(doubled, path)
    return `ends with v1/${signal} twice`
  }
  if (isBare(url)) {
    // Of a socket no path can be given.
    if (url.protocol === 'http+unix:') url.pathname = path
    else return `has no path, and none is appended (${BASE} takes a base URL)`
  }
  if (url.pathname.endsWith(`${path}/`)) return 'ends with a slash, for which most collectors have no answer'
  return undefined
}

function isBare({ pathname }: URL): boolean {
  return pathname === '/' || pathname === ''
}

function appendSignalPath(url: URL, signal: SignalName, own: string): string | undefined {
  const path = `/v1/${signal}`
  const given = SIGNAL_PATHS.exec(url.pathname)
  if (given === null) {
    url.pathname = `${url.pathname.replace(/\/$/, '')}${path}`
    return undefined
  }
  url.pathname = `${url.pathname.slice(0, given.index)}${path}`
  return `already ends with v1/${given[2]}, ${given[2] === signal ? 'which is not appended twice' : `and v1/${signal} takes its place`} (${own} takes a complete URL)`
}

/** A gRPC port answers HTTP/1.1 with nothing that tells why. */
function portProblem(url: URL): string | undefined {
  return url.port === GRPC_PORT
    ? 'has port 4317, which is usual for gRPC (OTEL_EXPORTER_OTLP_PROTOCOL=grpc; HTTP has 4318)'
    : undefined
}
