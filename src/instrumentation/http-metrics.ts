/*
 * The metrics of HTTP (http/http-metrics.md of the semantic conventions), once. They count all requests, of traces that
 * are not sampled too.
 */

import type { Span } from '@opentelemetry/api'
import type { BoundInstrument, SyncInstrument } from '../metrics/instruments.js'
import { recordDuration, SECONDS } from './duration.js'
import { methodAttribute } from './http.js'
import type { Kit } from './kit.js'

/** Routes or servers, and kinds of requests to each, that are found without building attributes. */
const MAX_TARGETS = 1000
const MAX_KINDS = 50

/** What a request has in common with others, by which its series is found. Undefined and 0 are no attribute. */
interface Kind {
  readonly method: string
  readonly scheme: string | undefined
  readonly status: number
  readonly errorType: string | undefined
  readonly version: string | undefined
  readonly port: number | undefined
  readonly series: BoundInstrument
}

/**
 * Finds the series of a request by its target, a route or a server, and its kind. Neither attributes nor any object is
 * made for it, for this is done for each request.
 */
class Durations {
  readonly #histogram: SyncInstrument
  readonly #targetKey: string
  readonly #targets = new Map<string | undefined, Kind[]>()

  constructor(histogram: SyncInstrument, targetKey: string) {
    this.#histogram = histogram
    this.#targetKey = targetKey
  }

  of(
    target: string | undefined,
    method: string,
    scheme: string | undefined,
    status: number,
    errorType: string | undefined,
    version: string | undefined,
    port: number | undefined,
  ): BoundInstrument {
    const kinds = this.#targets.get(target) ?? this.#newTarget(target)
    for (let i = 0; i < kinds.length; i++) {
      const known = kinds[i]!
      if (
        known.status === status &&
        known.method === method &&
        known.errorType === errorType &&
        known.scheme === scheme &&
        known.version === version &&
        known.port === port
      )
        return known.series
    }
    const series = this.#histogram.bind([
      'http.request.method',
      methodAttribute(method),
      'url.scheme',
      scheme,
      this.#targetKey,
      target,
      'server.port',
      port,
      'http.response.status_code',
      status === 0 ? undefined : status,
      'error.type',
      errorType,
      'network.protocol.version',
      version,
    ])
    if (kinds.length < MAX_KINDS) kinds.push({ method, scheme, status, errorType, version, port, series })
    return series
  }

  #newTarget(target: string | undefined): Kind[] {
    const kinds: Kind[] = []
    if (this.#targets.size < MAX_TARGETS) this.#targets.set(target, kinds)
    return kinds
  }
}

/** The requests of one method and scheme that are served at the moment. */
interface Active {
  readonly method: string
  readonly scheme: string
  readonly series: BoundInstrument
}

/** Measures the requests that a process serves. */
export class ServerMetrics {
  readonly #durations: Durations
  readonly #active: SyncInstrument
  readonly #activeSeries: Active[] = []

  constructor(kit: Kit) {
    const meter = kit.meter()
    const histogram = meter.createHistogram('http.server.request.duration', {
      description: 'Duration of HTTP server requests.',
      unit: 's',
      advice: { explicitBucketBoundaries: [...SECONDS] },
    })
    this.#durations = new Durations(histogram, 'http.route')
    this.#active = meter.createUpDownCounter('http.server.active_requests', {
      description: 'Number of active HTTP server requests.',
      unit: '{request}',
      valueType: 0,
    })
  }

  /** `change` is 1 for a request that begins and -1 for one that ends. */
  active(method: string, scheme: string, change: number): void {
    this.#activeOf(method, scheme).record(change, 0, undefined)
  }

  /** Times on the monotonic clock. */
  ended(
    route: string | undefined,
    method: string,
    scheme: string,
    status: number,
    errorType: string | undefined,
    version: string,
    startMillis: number,
    endMillis: number,
    span: Span,
  ): void {
    const series = this.#durations.of(route, method, scheme, status, errorType, version, undefined)
    recordDuration(series, startMillis, endMillis, span)
  }

  #activeOf(method: string, scheme: string): BoundInstrument {
    const all = this.#activeSeries
    for (let i = 0; i < all.length; i++) {
      const known = all[i]!
      if (known.method === method && known.scheme === scheme) return known.series
    }
    const series = this.#active.bind(['http.request.method', methodAttribute(method), 'url.scheme', scheme])
    if (all.length < MAX_KINDS) all.push({ method, scheme, series })
    return series
  }
}

/** Measures the requests that a process sends. */
export class ClientMetrics {
  readonly #durations: Durations

  constructor(kit: Kit) {
    const histogram = kit.meter().createHistogram('http.client.request.duration', {
      description: 'Duration of HTTP client requests.',
      unit: 's',
      advice: { explicitBucketBoundaries: [...SECONDS] },
    })
    this.#durations = new Durations(histogram, 'server.address')
  }

  /** Times on the monotonic clock. */
  ended(
    host: string,
    port: number | undefined,
    method: string,
    status: number,
    errorType: string | undefined,
    version: string | undefined,
    startMillis: number,
    endMillis: number,
    span: Span,
  ): void {
    const series = this.#durations.of(host, method, undefined, status, errorType, version, port)
    recordDuration(series, startMillis, endMillis, span)
  }
}
