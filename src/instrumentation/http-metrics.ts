/*
 * The metrics of HTTP (http/http-metrics.md of the semantic conventions), once. They count all requests, of traces that
 * are not sampled too.
 */

import type { Span } from '@opentelemetry/api'
import type { BoundInstrument, SyncInstrument } from '../metrics/instruments.js'
import { recordDuration, SECONDS } from './duration.js'
import { methodAttribute } from './http.js'
import type { Kind } from './http-kinds.js'
import type { Kit } from './kit.js'

/** Methods and schemes of requests in progress that are found without building attributes. */
const MAX_ACTIVE = 50

/** The durations of one kind of requests have one series. */
class Durations {
  readonly #histogram: SyncInstrument
  readonly #targetKey: string

  constructor(histogram: SyncInstrument, targetKey: string) {
    this.#histogram = histogram
    this.#targetKey = targetKey
  }

  /** Times on the monotonic clock. */
  record(kind: Kind, startMillis: number, endMillis: number, span: Span): void {
    kind.series ??= this.#bind(kind)
    recordDuration(kind.series, startMillis, endMillis, span)
  }

  #bind({ target, method, scheme, status, errorType, version, port }: Kind): BoundInstrument {
    return this.#histogram.bind([
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
    this.#activeOf(method, scheme).add(change)
  }

  /** A request has ended that was served. Times on the monotonic clock. */
  ended(kind: Kind, startMillis: number, endMillis: number, span: Span): void {
    this.#durations.record(kind, startMillis, endMillis, span)
  }

  #activeOf(method: string, scheme: string): BoundInstrument {
    const all = this.#activeSeries
    for (let i = 0; i < all.length; i++) {
      const known = all[i]!
      if (known.method === method && known.scheme === scheme) return known.series
    }
    const series = this.#active.bind(['http.request.method', methodAttribute(method), 'url.scheme', scheme])
    if (all.length < MAX_ACTIVE) all.push({ method, scheme, series })
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

  /** A request has ended that was sent. Times on the monotonic clock. */
  ended(kind: Kind, startMillis: number, endMillis: number, span: Span): void {
    this.#durations.record(kind, startMillis, endMillis, span)
  }
}
