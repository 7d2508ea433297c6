/*
 * The HTTP vocabulary of the semantic conventions (http/http-spans.md, stable), once: names, statuses,
 * error types. The libraries that serve or send requests adapt to it.
 */

import type { Span } from '@opentelemetry/api'
import { ownText } from '../trace/own-text.js'
import { STATUS_ERROR } from '../trace/span.js'
import { className, messageOf, propertyOf } from '../trace/thrown.js'

/** Case-sensitive, as the conventions ask; RFC 9110, RFC 5789 and the QUERY method. */
let knownMethods: ReadonlySet<string> = new Set([
  'CONNECT',
  'DELETE',
  'GET',
  'HEAD',
  'OPTIONS',
  'PATCH',
  'POST',
  'PUT',
  'QUERY',
  'TRACE',
])

/** The one that was asked for last, which most often is the next one too. */
let lastKnown: string | undefined

/** All methods that are to count as known, from now on. */
export function setKnownMethods(methods: readonly string[]): void {
  knownMethods = new Set(methods)
  lastKnown = undefined
}

function isKnown(method: string): boolean {
  if (method === lastKnown) return true
  if (!knownMethods.has(method)) return false
  lastKnown = method
  return true
}

/** `_OTHER` for a method that is not known: arbitrary methods must not make arbitrary many series. */
export function methodAttribute(method: string): string {
  return isKnown(method) ? method : '_OTHER'
}

/** The span's name as long as no route or template is known. */
export function methodName(method: string): string {
  return isKnown(method) ? method : 'HTTP'
}

/** Present only when it says more than `http.request.method`. */
export function originalMethod(method: string): string | undefined {
  return isKnown(method) ? undefined : method
}

/** Status and attributes of a response that the server has sent: only 5xx is the server's error. */
export function recordServerStatus(span: Span, status: number): void {
  span.setAttribute('http.response.status_code', status)
  if (status >= 500) recordErrorType(span, String(status))
}

/** Status and attributes of a response that the client has got: 4xx and 5xx are errors to it. */
export function recordClientStatus(span: Span, status: number): void {
  span.setAttribute('http.response.status_code', status)
  if (status >= 400) recordErrorType(span, String(status))
}

/** A call that failed before an answer came, or on the way: network errors, time-outs. */
export function recordCallError(span: Span, error: unknown): void {
  const type = errorType(error)
  span.setAttribute('error.type', type)
  span.setStatus({ code: STATUS_ERROR, message: ownText(messageOf(error)) })
}

/** The code of a system error (`ECONNREFUSED`), else the class of the exception; of low cardinality. */
export function errorType(error: unknown): string {
  if (typeof error !== 'object' || error === null) return typeof error
  if (isTimedOut(error)) return 'TimeoutError'
  const code = propertyOf(error, 'code')
  if (typeof code === 'string' && code !== '') return code
  const name = propertyOf(error, 'name')
  if (typeof name === 'string' && name !== '' && name !== 'Error') return name
  return className(error) ?? 'Error'
}

/**
 * An abort by the caller is no error of the call: http/http-spans.md#status. axios and got have errors of their own for it.
 * One by a time-out is.
 */
export function isAbort(error: unknown): boolean {
  const isAborted = propertyOf(error, 'name') === 'AbortError' || propertyOf(error, 'code') === 'ERR_CANCELED'
  return isAborted && !isTimedOut(error)
}

/** Of an abort by `AbortSignal.timeout()` node:http tells the time-out as the cause; fetch fails with the time-out itself. */
function isTimedOut(error: unknown): boolean {
  return propertyOf(error, 'name') === 'AbortError' && propertyOf(propertyOf(error, 'cause'), 'name') === 'TimeoutError'
}

/** Of a request that its caller gave up, by a time-out of its own. */
export function timeoutError(): Error {
  return Object.assign(new Error('timed out'), { name: 'TimeoutError' })
}

/**
 * Requests signed by AWS Signature Version 4, symmetric or not (4A), are sent as they are: a header added after signing
 * makes some of their receivers refuse them.
 */
export function isSigned(authorization: unknown): boolean {
  return typeof authorization === 'string' && authorization.startsWith('AWS4-')
}

function recordErrorType(span: Span, type: string): void {
  span.setAttribute('error.type', type)
  span.setStatus({ code: STATUS_ERROR })
}
