import { EventEmitter, once } from 'node:events'
import {
  type Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceDefinition,
  type sendUnaryData,
} from '@grpc/grpc-js'
import { type DecodedSpan, decodeTraces, encodeEmptyResponse, encodeTracesResponse } from './otlp-decode.js'
import { type DecodedLog, decodeLogs } from './otlp-logs.js'
import { type DecodedMetric, decodeMetrics } from './otlp-metrics.js'
import { atEnd, type Owner } from './owner.js'

const PROTOBUF = 'application/x-protobuf'
const asItIs = (bytes: Buffer): Buffer => bytes

/** OTLP's service for a signal, with messages as bytes. */
function serviceOf(signal: 'trace' | 'metrics' | 'logs', name: string): ServiceDefinition {
  return {
    Export: {
      path: `/opentelemetry.proto.collector.${signal}.v1.${name}/Export`,
      requestStream: false,
      responseStream: false,
      requestSerialize: asItIs,
      requestDeserialize: asItIs,
      responseSerialize: asItIs,
      responseDeserialize: asItIs,
    },
  }
}

export interface GrpcSinkRequest {
  readonly metadata: Metadata
  readonly body: Buffer
  /** What the client has left for the call, in milliseconds; `Infinity` where it did not say. */
  readonly leftMillis: number
}

/** What a call is answered with: an error with a code of gRPC, or a message. */
export type GrpcAnswer = { code: number; details: string; metadata?: Metadata } | Uint8Array

export interface GrpcSinkOptions {
  /** Default: without TLS. */
  readonly credentials?: ServerCredentials
  /** A promise that never settles is a collector that never answers. Default: success. */
  readonly respond?: (index: number) => GrpcAnswer | undefined | Promise<GrpcAnswer | undefined>
  /** The same for calls with metrics. */
  readonly respondToMetrics?: GrpcSinkOptions['respond']
  /** The same for calls with log records. */
  readonly respondToLogs?: GrpcSinkOptions['respond']
  /** Where it listens; default: a free port of 127.0.0.1. */
  readonly address?: string
}

/** A collector made with gRPC's own library, which decodes all signals strictly. */
export class GrpcSink {
  readonly requests: GrpcSinkRequest[] = []
  /** Of the calls that were answered with success. */
  readonly delivered: DecodedSpan[] = []
  readonly metricRequests: GrpcSinkRequest[] = []
  readonly metrics: DecodedMetric[] = []
  readonly logRequests: GrpcSinkRequest[] = []
  readonly logs: DecodedLog[] = []
  port = 0
  readonly #server = new Server({ 'grpc.max_receive_message_length': -1 })
  readonly #events = new EventEmitter()

  static async start(owner: Owner, options: GrpcSinkOptions = {}): Promise<GrpcSink> {
    const sink = new GrpcSink(options)
    atEnd(owner, async () => sink.close())
    const { address = '127.0.0.1:0', credentials = ServerCredentials.createInsecure() } = options
    sink.port = await new Promise((resolve, reject) => {
      sink.#server.bindAsync(address, credentials, (error, port) => (error === null ? resolve(port) : reject(error)))
    })
    return sink
  }

  private constructor(options: GrpcSinkOptions) {
    type Call = ServerUnaryCall<Buffer, Buffer>
    const { respond, respondToMetrics, respondToLogs } = options
    const empty = (signal: 'Metrics' | 'Logs') => encodeEmptyResponse(signal, PROTOBUF)
    this.#server.addService(serviceOf('trace', 'TraceService'), {
      Export: (call: Call, answer: sendUnaryData<Buffer>) => {
        // What others have made up as a request is no trace where the test answers itself.
        const { spans } = respond === undefined ? decodeTraces(call.request, PROTOBUF) : { spans: [] }
        const take = () => this.delivered.push(...spans)
        void this.#receive(call, answer, this.requests, respond, encodeTracesResponse(undefined, PROTOBUF), take)
      },
    })
    this.#server.addService(serviceOf('metrics', 'MetricsService'), {
      Export: (call: Call, answer: sendUnaryData<Buffer>) => {
        const take = () => this.metrics.push(...decodeMetrics(call.request, PROTOBUF))
        void this.#receive(call, answer, this.metricRequests, respondToMetrics, empty('Metrics'), take)
      },
    })
    this.#server.addService(serviceOf('logs', 'LogsService'), {
      Export: (call: Call, answer: sendUnaryData<Buffer>) => {
        const take = () => this.logs.push(...decodeLogs(call.request, PROTOBUF))
        void this.#receive(call, answer, this.logRequests, respondToLogs, empty('Logs'), take)
      },
    })
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** Resolves when `count` requests have come. */
  async requested(count: number): Promise<void> {
    while (this.requests.length < count) await once(this.#events, 'request')
  }

  close(): void {
    this.#server.forceShutdown()
  }

  async #receive(
    call: ServerUnaryCall<Buffer, Buffer>,
    answer: sendUnaryData<Buffer>,
    requests: GrpcSinkRequest[],
    respond: GrpcSinkOptions['respond'],
    success: Uint8Array,
    take: () => void,
  ): Promise<void> {
    const leftMillis = Number(call.getDeadline()) - Date.now()
    const index = requests.push({ metadata: call.metadata, body: call.request, leftMillis }) - 1
    this.#events.emit('request')
    const answered = await respond?.(index)
    if (answered !== undefined && 'code' in answered) {
      answer({ ...answered, name: 'Error', message: answered.details })
      return
    }
    take()
    answer(null, Buffer.from(answered ?? success))
  }
}
