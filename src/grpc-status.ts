/*
 * How calls of gRPC end (grpc/grpc, doc/PROTOCOL-HTTP2.md): for those that the agent sends itself, and for the program's.
 */

/** By their codes. */
const NAMES = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
]

/** What stands for a status of HTTP where gRPC has none: grpc/doc/http-grpc-status-mapping.md. */
const OF_HTTP: Readonly<Record<number, string>> = {
  400: 'INTERNAL',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'UNIMPLEMENTED',
  429: 'UNAVAILABLE',
  502: 'UNAVAILABLE',
  503: 'UNAVAILABLE',
  504: 'UNAVAILABLE',
}

/** The name of a status by its code, as a field or an API has it; UNKNOWN for what is none. */
export function statusName(code: unknown): string {
  return NAMES[Number(code)] ?? 'UNKNOWN'
}

/** The name of the status that an answer of HTTP without one of gRPC stands for, as proxies make them. */
export function statusOfHttp(status: number): string {
  return OF_HTTP[status] ?? 'UNKNOWN'
}

/** A `grpc-message`, which is percent-encoded UTF-8; as it is where it is ill-formed. */
export function percentDecoded(message: string): string {
  try {
    return decodeURIComponent(message)
  } catch {
    return message
  }
}
