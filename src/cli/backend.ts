import { lookup } from 'node:dns/promises'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect, isIP } from 'node:net'
import { gzipSync } from 'node:zlib'
import type { Config, OtlpConfig } from '../config/config.js'
import { printableUrl, transportSettings } from '../export/transport.js'
import { createTransport } from '../export/transports.js'
import { createSpanEncoder } from '../otlp/encoders.js'
import { createResource } from '../resource/detect.js'
import { AgentTracerProvider } from '../trace/provider.js'
import { alwaysOn } from '../trace/sampler.js'
import { VERSION } from '../version.js'
import { type BackendAnswer, explainAnswer, explainError } from './explain.js'
import type { Report } from './report.js'

const CONNECT_TIMEOUT_MILLIS = 3000
const ANSWER_TIMEOUT_MILLIS = 10_000
const MAX_TEXT_CHARS = 2000

/** Name of the test span, by which it can be found, and known for what it is. */
const SPAN_NAME = 'autospan doctor'

/**
 * Goes the way of a span, step by step until one fails: the name, the connection, a span. The span is a real one, for
 * backends answer otherwise to a request with nothing in it; it is marked, and its trace id told.
 */
export async function reportBackend(report: Report, config: Config, entryFile: string): Promise<void> {
  const { exporters, otlp } = config.traces
  const others = exporters.filter((exporter) => exporter !== 'otlp')
  if (!exporters.includes('otlp')) {
    report.note(
      exporters.length === 0 ? 'spans go nowhere: OTEL_TRACES_EXPORTER=none' : `spans go to: ${others.join(', ')}`,
    )
    return
  }
  const { url } = otlp
  report.note(`spans go to ${printableUrl(url, otlp.protocol)} as ${otlp.protocol}`)
  if (!isPlain(otlp)) {
    await reportExport(report, config, entryFile)
    return
  }
  try {
    await reportName(report, url)
    await reportConnection(report, url)
    await reportSpan(report, config, entryFile)
  } catch (error) {
    const { problem, advice } = explainError(error as NodeJS.ErrnoException, url)
    report.problem(problem, advice)
  }
}

async function reportName(report: Report, url: URL): Promise<void> {
  const host = hostOf(url)
  if (isIP(host) !== 0) return
  const addresses = await lookup(host, { all: true })
  report.fine(`${host} is ${addresses.map(({ address }) => address).join(', ')}`)
}

async function reportConnection(report: Report, url: URL): Promise<void> {
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80)
  const began = performance.now()
  await new Promise<void>((resolve, reject) => {
    const socket = connect({ host: hostOf(url), port, timeout: CONNECT_TIMEOUT_MILLIS })
    socket.on('connect', () => {
      socket.destroy()
      resolve()
    })
    socket.on('timeout', () => socket.destroy(timedOut(`no connection within ${CONNECT_TIMEOUT_MILLIS} ms`)))
    socket.on('error', reject)
  })
  report.fine(`connected to port ${port} in ${Math.round(performance.now() - began)} ms`)
}

async function reportSpan(report: Report, config: Config, entryFile: string): Promise<void> {
  const { otlp } = config.traces
  const { body, contentType, traceId } = testSpan(config, entryFile)
  const answer = await post(otlp, body, contentType)
  const explained = explainAnswer(answer, otlp.url, otlp.protocol, [...otlp.headers.keys()])
  if (explained === undefined) {
    report.fine(`a test span was taken (status ${answer.status}): look for "${SPAN_NAME}", trace ${traceId}`)
  } else report.problem(explained.problem, explained.advice)
}

/** Whether a plain client of HTTP goes the way that the agent goes. */
function isPlain({ protocol, url, proxy, tls }: OtlpConfig): boolean {
  const isHttp = protocol !== 'grpc' && url.protocol !== 'http+unix:'
  return isHttp && proxy === undefined && tls.authorities === undefined && tls.clientKey === undefined
}

/** Has the agent's own exporter send the test span: through proxies, by unix sockets, with certificates, by gRPC. */
async function reportExport(report: Report, config: Config, entryFile: string): Promise<void> {
  const { otlp } = config.traces
  const { body, contentType, traceId } = testSpan(config, entryFile)
  if (otlp.proxy !== undefined) report.note(`the way goes through the proxy ${otlp.proxy.name}`)
  const transport = createTransport(transportSettings(otlp, contentType, VERSION))
  // The exporter's own timers and sockets keep no process alive.
  const alive = setInterval(() => {}, ANSWER_TIMEOUT_MILLIS)
  const answer = await transport.post(body, ANSWER_TIMEOUT_MILLIS)
  clearInterval(alive)
  transport.close()
  if (answer.kind === 'accepted') {
    report.fine(`a test span was taken: look for "${SPAN_NAME}", trace ${traceId}`)
  } else report.problem(`the test span was not taken: ${answer.reason}`)
}

function testSpan(config: Config, entryFile: string): { body: Uint8Array; contentType: string; traceId: string } {
  const { limits, otlp } = config.traces
  const encoder = createSpanEncoder(otlp.protocol, createResource(config, VERSION, { entryFile }))
  const processor = { onEnd: encoder.add.bind(encoder) }
  const tracer = new AgentTracerProvider({ sampler: alwaysOn, limits, processor }).getTracer('autospan/doctor', VERSION)
  const span = tracer.startSpan(SPAN_NAME, { root: true, attributes: { 'autospan.doctor': true } })
  span.end()
  return { body: encoder.take(), contentType: encoder.contentType, traceId: span.spanContext().traceId }
}

function post(otlp: OtlpConfig, body: Uint8Array, contentType: string): Promise<BackendAnswer> {
  const isGzip = otlp.compression === 'gzip'
  const bytes = isGzip ? gzipSync(body) : body
  const headers = {
    'user-agent': `autospan-doctor/${VERSION}`,
    ...Object.fromEntries(otlp.headers),
    'content-type': contentType,
    'content-length': bytes.byteLength,
    ...(isGzip ? { 'content-encoding': 'gzip' } : {}),
  }
  return new Promise((resolve, reject) => {
    const request = otlp.url.protocol === 'https:' ? httpsRequest : httpRequest
    const sent = request(otlp.url, { method: 'POST', headers, agent: false, timeout: ANSWER_TIMEOUT_MILLIS })
    sent.on('response', (response) => resolve(answerOf(response)))
    sent.on('timeout', () => sent.destroy(timedOut(`no answer within ${ANSWER_TIMEOUT_MILLIS} ms`)))
    sent.on('error', reject)
    sent.end(bytes)
  })
}

async function answerOf(response: IncomingMessage): Promise<BackendAnswer> {
  let text = ''
  try {
    for await (const chunk of response.setEncoding('utf8')) {
      text += chunk
      if (text.length > MAX_TEXT_CHARS) break
    }
  } catch {
    // The status has come, and stands.
  }
  return { status: response.statusCode ?? 0, headers: response.headers, text: text.slice(0, MAX_TEXT_CHARS) }
}

function timedOut(message: string): NodeJS.ErrnoException {
  return Object.assign(new Error(message), { code: 'ETIMEDOUT' })
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '')
}
