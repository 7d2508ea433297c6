import { lookup } from 'node:dns/promises'
import { readFileSync } from 'node:fs'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect, isIP } from 'node:net'
import type { TlsOptions } from 'node:tls'
import { gzipSync } from 'node:zlib'
import type { Config, OtlpConfig } from '../config/config.js'
import { printableUrl } from '../export/printable-url.js'
import { transportSettings } from '../export/transport.js'
import { createTransport } from '../export/transports.js'
import { createSpanEncoder } from '../otlp/encoders.js'
import { createResource } from '../resource/detect.js'
import { AgentTracerProvider } from '../trace/provider.js'
import { alwaysOn } from '../trace/sampler.js'
import { VERSION } from '../version.js'
import { type BackendAnswer, explainAnswer, explainError, explainReason } from './explain.js'
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
  const { url, proxy } = otlp
  report.note(`spans go to ${printableUrl(url, otlp.protocol)} as ${otlp.protocol}`)
  if (proxy !== undefined) report.note(`through the proxy ${proxy.name}`)
  const isDirect = proxy === undefined && url.protocol !== 'http+unix:'
  try {
    if (isDirect) {
      await reportName(report, url)
      await reportConnection(report, url)
    }
    if (isDirect && otlp.protocol !== 'grpc') await reportSpan(report, config, entryFile)
    else await reportDelivery(report, config, entryFile)
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
    report.fine(taken(traceId))
  } else report.problem(explained.problem, explained.advice)
}

/** By the agent's own transport, where its way is not a plain request of HTTP. */
async function reportDelivery(report: Report, config: Config, entryFile: string): Promise<void> {
  const { otlp } = config.traces
  const { body, contentType, traceId } = testSpan(config, entryFile)
  const transport = createTransport(transportSettings(otlp, contentType, VERSION))
  // The agent keeps no program alive, and here it is the program.
  const alive = setInterval(() => {}, ANSWER_TIMEOUT_MILLIS)
  const answer = await transport.post(body, ANSWER_TIMEOUT_MILLIS)
  clearInterval(alive)
  transport.close()
  if (answer.kind === 'accepted') report.fine(taken(traceId))
  else {
    const { problem, advice } = explainReason(answer.reason, otlp)
    report.problem(problem, advice)
  }
}

function taken(traceId: string): string {
  return `a test span was taken: look for "${SPAN_NAME}", trace ${traceId}`
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
    const options = { method: 'POST', headers, agent: false, timeout: ANSWER_TIMEOUT_MILLIS, ...tlsOptions(otlp) }
    const sent = request(otlp.url, options)
    sent.on('response', (response) => resolve(answerOf(response)))
    sent.on('timeout', () => sent.destroy(timedOut(`no answer within ${ANSWER_TIMEOUT_MILLIS} ms`)))
    sent.on('error', reject)
    sent.end(bytes)
  })
}

function tlsOptions({ tls }: OtlpConfig): Pick<TlsOptions, 'ca' | 'cert' | 'key'> {
  const { authorities, clientCertificate, clientKey } = tls
  return {
    ...(authorities === undefined ? {} : { ca: readFileSync(authorities) }),
    ...(clientCertificate === undefined ? {} : { cert: readFileSync(clientCertificate) }),
    ...(clientKey === undefined ? {} : { key: readFileSync(clientKey) }),
  }
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
