import type { Protocol } from '../../config/config.js'

/** Where telemetry goes, as it may be printed: the query may carry an API key. A method of gRPC tells a user nothing. */
export function printableUrl(url: string | URL, protocol?: Protocol): string {
  const { protocol: scheme, host, pathname } = new URL(url)
  return `${scheme}//${host}${protocol === 'grpc' ? '' : pathname}`
}
