import { attributesOf, decodeMessage, id, messages, plainValue, present, some, time } from './otlp-decode.js'
import type { Message } from './otlp-strict.js'

export interface DecodedLog {
  /** 0 where the source did not tell it. */
  readonly timeUnixNano: bigint
  readonly observedTimeUnixNano: bigint
  readonly severityNumber: number
  readonly severityText: string
  /** Undefined for none. */
  readonly body: unknown
  readonly attributes: Record<string, unknown>
  readonly droppedAttributesCount: number
  readonly flags: number
  /** Both empty outside any trace. */
  readonly traceId: string
  readonly spanId: string
  readonly eventName: string
  readonly scope: { readonly name: string; readonly version: string }
  readonly resource: Record<string, unknown>
}

/** Decodes an export request, and throws where it is not exactly what OTLP asks for. */
export function decodeLogs(body: Uint8Array, contentType: string): readonly DecodedLog[] {
  const raw = decodeMessage('ExportLogsServiceRequest', body, contentType)
  const logs: DecodedLog[] = []
  for (const resourceLogs of some(messages(raw.resourceLogs), 'resourceLogs')) {
    const resource = attributesOf(present(resourceLogs.resource, 'resource'), 'resource')
    for (const scopeLogs of some(messages(resourceLogs.scopeLogs), 'scopeLogs')) {
      const { name, version } = present(scopeLogs.scope, 'scope')
      const scope = { name: name as string, version: version as string }
      for (const log of some(messages(scopeLogs.logRecords), 'logRecords')) logs.push(logOf(log, scope, resource))
    }
  }
  return logs
}

function logOf(log: Message, scope: DecodedLog['scope'], resource: Record<string, unknown>): DecodedLog {
  const severityNumber = log.severityNumber as number
  if (severityNumber < 0 || severityNumber > 24) throw new Error(`log: severity ${severityNumber}`)
  const flags = log.flags as number
  if ((flags & ~0xff) !== 0) throw new Error(`log: flags ${flags}`)
  const inTrace = (log.traceId as Uint8Array).length > 0 || (log.spanId as Uint8Array).length > 0
  return {
    timeUnixNano: log.timeUnixNano as bigint,
    observedTimeUnixNano: time(log.observedTimeUnixNano, 'log: observedTimeUnixNano'),
    severityNumber,
    severityText: log.severityText as string,
    body: log.body === null ? undefined : plainValue(log.body as Message, 'log: body'),
    attributes: attributesOf(log, 'log'),
    droppedAttributesCount: log.droppedAttributesCount as number,
    flags,
    traceId: inTrace ? id(log.traceId, 16, 'log: traceId') : '',
    spanId: inTrace ? id(log.spanId, 8, 'log: spanId') : '',
    eventName: log.eventName as string,
    scope,
    resource,
  }
}
