import { url as urlType } from './parse.js'
import type { Settings } from './settings.js'
import { VARIABLES, type VariableName } from './variables.js'

const BASE = 'OTEL_EXPORTER_OTLP_ENDPOINT'
const OWN = 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'
const GRPC_PORT = '4317'

const SIGNAL_PATH = '/v1/traces'
const DOUBLED_PATH = /(\/v1\/traces){2,}\/*$/
const SIGNAL_PATHS = /(\/v1\/(traces|metrics|logs))+\/*$/

/**
 * The URL that traces are posted to: `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` as it is, else `v1/traces` below the path of
 * `OTEL_EXPORTER_OTLP_ENDPOINT`. Follows protocol/exporter.md of the specification.
 */
export function readTracesUrl(settings: Settings): URL {
  return readUrl(settings, OWN, asItIs, () => readUrl(settings, BASE, appendSignalPath, defaultUrl))
}

/**
 * @param complete makes the complete URL of the one that was given, in place, and returns what is wrong with it
 * @param instead gives the URL for when the variable is unset or cannot be used
 */
function readUrl(
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
function asItIs(url: URL): string | undefined {
  if (DOUBLED_PATH.test(url.pathname)) {
    url.pathname = url.pathname.replace(DOUBLED_PATH, SIGNAL_PATH)
    return 'ends with v1/traces twice'
  }
  if (url.pathname === '/') return `has no path, and none is appended (${BASE} takes a base URL)`
  if (url.pathname.endsWith('/v1/traces/')) return 'ends with a slash, for which most collectors have no answer'
  return undefined
}

function appendSignalPath(url: URL): string | undefined {
  const given = SIGNAL_PATHS.exec(url.pathname)
  if (given === null) {
    url.pathname += url.pathname.endsWith('/') ? 'v1/traces' : '/v1/traces'
    return undefined
  }
  url.pathname = `${url.pathname.slice(0, given.index)}${SIGNAL_PATH}`
  return `already ends with v1/${given[2]}, ${given[2] === 'traces' ? 'which is not appended twice' : 'and v1/traces takes its place'} (${OWN} takes a complete URL)`
}

/** The agent speaks OTLP over HTTP only, and a gRPC port answers it with nothing that tells why. */
function portProblem(url: URL): string | undefined {
  return url.port === GRPC_PORT ? 'has port 4317, which is usual for gRPC (4318 is for HTTP)' : undefined
}

function defaultUrl(): URL {
  const url = new URL(VARIABLES[BASE].default)
  appendSignalPath(url)
  return url
}
