import type { Compression, Protocol, SignalName } from '../config.js'
import { headers } from '../pairs.js'
import { boolean, oneOf, timeout, url } from '../parse.js'
import { certificateFile, keyFile } from '../pem.js'
import { joined, type Rows } from './variable.js'

export const protocol = oneOf<Protocol>(['http/protobuf', 'http/json', 'grpc'])
export const compression = oneOf<Compression>(['none', 'gzip'])

/** The variables of OTLP that all signals share. */
const SHARED = {
  OTEL_EXPORTER_OTLP_PROTOCOL: {
    type: protocol,
    default: 'http/protobuf',
    meaning: 'How telemetry is sent over OTLP.',
  },
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    type: url,
    default: 'http://localhost:4318',
    meaning:
      'The base URL of the collector, or unix:/socket; v1/<signal> is appended. With grpc: port 4317 by default.',
  },
  OTEL_EXPORTER_OTLP_INSECURE: {
    type: boolean,
    default: 'false',
    meaning: 'true: no TLS where the protocol is grpc and the endpoint has no scheme, such as collector:4317.',
  },
  OTEL_EXPORTER_OTLP_HEADERS: {
    type: headers,
    meaning: 'Headers of each export request; values may be percent-encoded.',
  },
  OTEL_EXPORTER_OTLP_TIMEOUT: {
    type: timeout,
    default: '10000',
    meaning: 'How long one attempt to deliver a batch may take; there may be more of them.',
  },
  OTEL_EXPORTER_OTLP_COMPRESSION: {
    type: compression,
    default: 'none',
    meaning: 'How export requests are compressed.',
  },
  OTEL_EXPORTER_OTLP_CERTIFICATE: {
    type: certificateFile,
    meaning: "PEM file of those who may have issued the collector's certificate, instead of the usual ones.",
  },
  OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: {
    type: certificateFile,
    meaning: "PEM file of the agent's own certificate, with its chain, for collectors that ask for one.",
  },
  OTEL_EXPORTER_OTLP_CLIENT_KEY: {
    type: keyFile,
    meaning: 'PEM file of the private key of OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE.',
  },
} as const satisfies Rows

type SignalRows<S extends SignalName> = {
  readonly [K in keyof OwnRows as `OTEL_EXPORTER_OTLP_${Uppercase<S>}_${K}`]: OwnRows[K]
}
type OwnRows = ReturnType<typeof rowsOf>

/** The name of a variable of one signal. */
export function signalVariable<S extends SignalName, K extends keyof OwnRows>(
  signal: S,
  key: K,
): `OTEL_EXPORTER_OTLP_${Uppercase<S>}_${K}` {
  return `OTEL_EXPORTER_OTLP_${signal.toUpperCase() as Uppercase<S>}_${key}`
}

/** The variables of OTLP of one signal, which win over those that all share. */
function signalRows<S extends SignalName>(signal: S): SignalRows<S> {
  const rows = Object.entries(rowsOf(signal)).map(([key, row]) => [signalVariable(signal, key as keyof OwnRows), row])
  return Object.fromEntries(rows) as SignalRows<S>
}

function rowsOf(signal: SignalName) {
  return {
    PROTOCOL: {
      type: protocol,
      fallback: 'OTEL_EXPORTER_OTLP_PROTOCOL',
      meaning: `How ${signal} are sent over OTLP.`,
    },
    ENDPOINT: {
      type: url,
      meaning: `The complete URL for ${signal}, used as it is; without it OTEL_EXPORTER_OTLP_ENDPOINT counts.`,
    },
    INSECURE: {
      type: boolean,
      fallback: 'OTEL_EXPORTER_OTLP_INSECURE',
      meaning: `The same as OTEL_EXPORTER_OTLP_INSECURE, for ${signal}.`,
    },
    HEADERS: {
      type: headers,
      meaning: `Headers of requests with ${signal}; added to OTEL_EXPORTER_OTLP_HEADERS, and winning over them.`,
    },
    TIMEOUT: {
      type: timeout,
      fallback: 'OTEL_EXPORTER_OTLP_TIMEOUT',
      meaning: `How long one attempt to deliver a batch of ${signal} may take; there may be more of them.`,
    },
    COMPRESSION: {
      type: compression,
      fallback: 'OTEL_EXPORTER_OTLP_COMPRESSION',
      meaning: `How requests with ${signal} are compressed.`,
    },
    CERTIFICATE: {
      type: certificateFile,
      fallback: 'OTEL_EXPORTER_OTLP_CERTIFICATE',
      meaning: `The same as OTEL_EXPORTER_OTLP_CERTIFICATE, for ${signal}.`,
    },
    CLIENT_CERTIFICATE: {
      type: certificateFile,
      fallback: 'OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE',
      meaning: `The same as OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE, for ${signal}.`,
    },
    CLIENT_KEY: {
      type: keyFile,
      fallback: 'OTEL_EXPORTER_OTLP_CLIENT_KEY',
      meaning: `The same as OTEL_EXPORTER_OTLP_CLIENT_KEY, for ${signal}.`,
    },
  } as const
}

/** Names that the specification has given up, and asks to read all the same. */
const OLD_NAMES = {
  OTEL_EXPORTER_OTLP_TRACES_INSECURE: {
    type: boolean,
    fallback: 'OTEL_EXPORTER_OTLP_SPAN_INSECURE',
    meaning: 'The same as OTEL_EXPORTER_OTLP_INSECURE, for traces.',
  },
  OTEL_EXPORTER_OTLP_SPAN_INSECURE: {
    type: boolean,
    fallback: 'OTEL_EXPORTER_OTLP_INSECURE',
    meaning: 'The old name of OTEL_EXPORTER_OTLP_TRACES_INSECURE; counts where that is unset.',
  },
  OTEL_EXPORTER_OTLP_METRICS_INSECURE: {
    type: boolean,
    fallback: 'OTEL_EXPORTER_OTLP_METRIC_INSECURE',
    meaning: 'The same as OTEL_EXPORTER_OTLP_INSECURE, for metrics.',
  },
  OTEL_EXPORTER_OTLP_METRIC_INSECURE: {
    type: boolean,
    fallback: 'OTEL_EXPORTER_OTLP_INSECURE',
    meaning: 'The old name of OTEL_EXPORTER_OTLP_METRICS_INSECURE; counts where that is unset.',
  },
} as const satisfies Rows

/** How telemetry is sent over OTLP. */
export const OTLP = joined(SHARED, signalRows('traces'), signalRows('logs'), signalRows('metrics'), OLD_NAMES)
