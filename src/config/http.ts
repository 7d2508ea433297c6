import type { HttpSettings } from '../instrumentation/http-rules.js'
import type { Settings } from './settings.js'

/** Undefined where nothing is set, and the instrumentations do what they do by themselves. */
export function readHttp(settings: Settings): HttpSettings | undefined {
  const headersOf = (side: 'CLIENT' | 'SERVER') => ({
    request: settings.read(`OTEL_INSTRUMENTATION_HTTP_${side}_CAPTURE_REQUEST_HEADERS`) ?? [],
    response: settings.read(`OTEL_INSTRUMENTATION_HTTP_${side}_CAPTURE_RESPONSE_HEADERS`) ?? [],
  })
  const config = {
    client: headersOf('CLIENT'),
    server: headersOf('SERVER'),
    sanitised: settings.read('OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SANITIZE_FIELDS'),
    knownMethods: settings.read('OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS'),
    ignoredPaths: settings.read('AUTOSPAN_HTTP_IGNORE_PATHS') ?? [],
    ignoredHosts: settings.read('AUTOSPAN_HTTP_IGNORE_HOSTS') ?? [],
    propagateTo: settings.read('AUTOSPAN_HTTP_PROPAGATE_TO'),
    noPropagationTo: settings.read('AUTOSPAN_HTTP_NO_PROPAGATION_TO') ?? [],
    skipsSigned: settings.read('AUTOSPAN_HTTP_SKIP_SIGNED'),
  }
  const { client, server, knownMethods, propagateTo, ...others } = config
  const lists = [client.request, client.response, server.request, server.response]
  const isSet =
    knownMethods !== undefined ||
    propagateTo !== undefined ||
    !others.skipsSigned ||
    [...lists, others.ignoredPaths, others.ignoredHosts, others.noPropagationTo].some((list) => list.length > 0)
  return isSet ? Object.freeze(config) : undefined
}
