import { readFileSync } from 'node:fs'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { TlsOptions } from 'node:tls'
import { gzipSync } from 'node:zlib'
import type { OtlpConfig } from '../config/config.js'
import { VERSION } from '../version.js'
import type { BackendAnswer } from './explain.js'
import type { Sample } from './samples.js'

const ANSWER_TIMEOUT_MILLIS = 10_000
/** Of an error: there was a connection, and no answer in time. */
export const NO_ANSWER = 'ERR_HTTP_REQUEST_TIMEOUT'
const MAX_TEXT_CHARS = 2000

/** As long as the agent waits for an answer, but no longer than anybody wants to look at it. */
export function answerTimeoutMillis({ timeoutMillis }: OtlpConfig): number {
  return Math.min(timeoutMillis, ANSWER_TIMEOUT_MILLIS)
}

/**
 * Posts a sample by a plain request, for all of the answer tells something: the agent's own transport keeps none of it.
 *
 * @throws where no answer comes
 */
export function post(otlp: OtlpConfig, { body, contentType }: Sample): Promise<BackendAnswer> {
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
    const timeout = answerTimeoutMillis(otlp)
    const options = { method: 'POST', headers, agent: false, timeout, ...tlsOptions(otlp) }
    const sent = request(otlp.url, options)
    sent.on('response', (response) => resolve(answerOf(response)))
    sent.on('timeout', () => sent.destroy(failure(NO_ANSWER, `no answer within ${timeout} ms`)))
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

export function failure(code: string, message: string): NodeJS.ErrnoException {
  return Object.assign(new Error(message), { code })
}
