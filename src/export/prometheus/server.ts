import { EventEmitter } from 'node:events'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { runOutside } from '../../context/manager.js'
import { diag } from '../../diag/diag.js'
import type { Metric } from '../../metrics/metric.js'
import type { MetricReader } from '../../metrics/reader.js'
import type { Resource } from '../../resource/resource.js'
import { type Format, PrometheusText } from './text.js'

export interface PrometheusSettings {
  readonly reader: MetricReader
  readonly resource: Resource
  readonly host: string
  /** 0 for a free one. */
  readonly port: number
  /** How long callbacks may take. */
  readonly timeoutMillis: number
}

const PATH = '/metrics'
/** In which a scraper says how many seconds it waits for an answer. */
const TIMEOUT_HEADER = 'x-prometheus-scrape-timeout-seconds'
const CONTENT_TYPES: Readonly<Record<Format, string>> = {
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
}
/** What a scraper needs of a connection, and little more: nobody is to wear the program down by this port. */
const MAX_CONNECTIONS = 20
const LIMITS = {
  maxHeaderSize: 8192,
  headersTimeout: 5000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5000,
  // By the 30 seconds of Node.js, who sends nothing would keep others out for as long.
  connectionsCheckingInterval: 1000,
}

/** Serves what the reader collects to those who ask for it. Keeps no process alive, and is neither traced nor measured. */
export function servePrometheus(settings: PrometheusSettings): void {
  runOutside(listen, undefined, settings)
}

function listen(settings: PrometheusSettings): void {
  const { host, port } = settings
  const scrape = scraperOf(settings)
  const server = process.getBuiltinModule('node:http').createServer(LIMITS, (request, response) => {
    void answer(request, response, scrape).catch((error) => {
      diag.fault('the Prometheus endpoint', error)
      response.destroy()
    })
  })
  // Past the patched emit of all servers, so that these requests are none of the program's.
  Object.defineProperty(server, 'emit', { value: EventEmitter.prototype.emit })
  server.maxConnections = MAX_CONNECTIONS
  server.on('connection', (socket: Socket) => socket.unref())
  server.on('clientError', refuse)
  server.on('error', (error: NodeJS.ErrnoException) => {
    diag.warn(`cannot serve metrics to Prometheus on ${host}:${port}: ${error.code ?? error.message}`)
  })
  // Not by way of a cluster's primary, which would ask another worker each time.
  server.listen({ host, port, exclusive: true }, () => diag.info(`metrics for Prometheus at ${urlOf(server, host)}`))
  server.unref()
}

async function answer(request: IncomingMessage, response: ServerResponse, scrape: Scrape): Promise<void> {
  request.resume()
  const [path] = (request.url ?? '').split('?', 1)
  if (path !== PATH) return end(response, 404, `see ${PATH}\n`)
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD')
    return end(response, 405, 'GET only\n')
  }
  const format = formatFor(request.headers.accept)
  const text = await scrape(format, 1000 * Number(request.headers[TIMEOUT_HEADER]))
  end(response, 200, text, CONTENT_TYPES[format])
}

function end(response: ServerResponse, status: number, text: string, contentType = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(text) }).end(text)
}

/** What is no HTTP is answered, where it still can be, and its connection ended. */
function refuse(_error: Error, socket: Socket): void {
  if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n')
  else socket.destroy()
}

type Scrape = (format: Format, patienceMillis: number) => Promise<string>

/**
 * Those who ask while a collection is under way get the same one, where they want the same format, else the next: to write
 * text is what takes time. Callbacks have half of the time that the first one waits, where it says so: one that never
 * ends does not cost it all else.
 */
function scraperOf({ reader, resource, timeoutMillis }: PrometheusSettings): Scrape {
  const underWay = new Map<Format, Promise<string>>()
  let last: Promise<unknown> = Promise.resolve()
  const collect = async (format: Format, patienceMillis: number): Promise<string> => {
    const text = new PrometheusText(format, resource)
    const waitMillis = patienceMillis > 0 ? Math.min(patienceMillis / 2, timeoutMillis) : timeoutMillis
    await reader.collect(waitMillis, (metric: Metric) => text.add(metric))
    underWay.delete(format)
    return text.text()
  }
  return (format, patienceMillis) => {
    const known = underWay.get(format)
    if (known !== undefined) return known
    const next = last.then(() => collect(format, patienceMillis))
    underWay.set(format, next)
    last = next.catch(() => underWay.delete(format))
    return next
  }
}

/** OpenMetrics for those who rank it at least as high as the older format. */
function formatFor(accept: string | undefined): Format {
  let open = 0
  let plain = 0
  for (const range of (accept ?? '').toLowerCase().split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim())
    const quality = parameters.find((parameter) => parameter.startsWith('q='))
    const weight = quality === undefined ? 1 : Number(quality.slice(2)) || 0
    if (type === 'application/openmetrics-text') open = Math.max(open, weight)
    if (type === 'text/plain') plain = Math.max(plain, weight)
  }
  return open > 0 && open >= plain ? 'openmetrics' : 'prometheus'
}

function urlOf(server: Server, host: string): string {
  const { port } = server.address() as AddressInfo
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}${PATH}`
}
