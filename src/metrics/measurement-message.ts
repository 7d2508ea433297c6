import type { AttributeList } from '../trace/attributes.js'
import type { Scope } from '../trace/span.js'
import type { Descriptor } from './instrument.js'

/*
 * What a worker thread tells the thread that made it about its measurements, in the order in which they were made. Most
 * messages are a number that is measured, and have a form of their own; the others are what structured clones are.
 */

/** Of what cannot be added up the thread is told. */
export const THREAD_ID = 'thread.id'

/** The trace in which something was measured; ids are empty outside of any. */
export interface MeasuredIn {
  readonly timeMillis: number
  readonly traceId: string
  readonly spanId: string
}

/** A value of a series. */
export interface Measurement {
  readonly series: number
  readonly value: number
  /** Where the measurement may become an exemplar. */
  readonly exemplar: MeasuredIn | undefined
}

/** Whatever is told once. Numbers of instruments and series are the thread's own. */
export type Announcement =
  | { readonly instrument: number; readonly scope: Scope; readonly descriptor: Descriptor }
  | { readonly series: number; readonly of: number; readonly attributes: Readonly<AttributeList> }
  /** Of more sets of attributes than have a number. */
  | {
      readonly of: number
      readonly attributes: Readonly<AttributeList>
      readonly value: number
      readonly exemplar: MeasuredIn | undefined
    }
  /** All that was observed last. */
  | { readonly observed: readonly ObservedMetric[] }

export interface ObservedMetric {
  readonly scope: Scope
  readonly descriptor: Descriptor
  readonly points: readonly { readonly attributes: Readonly<AttributeList>; readonly value: number }[]
}

const ANNOUNCEMENT = 0
const MEASUREMENT = 1
const EXEMPLAR = 2

const MEASUREMENT_BYTES = 1 + 4 + 8
const EXEMPLAR_BYTES = MEASUREMENT_BYTES + 8 + 16 + 8
const TIME_AT = MEASUREMENT_BYTES
const TRACE_ID_AT = TIME_AT + 8
const SPAN_ID_AT = TRACE_ID_AT + 16

const buffer = Buffer.alloc(EXEMPLAR_BYTES)

/** Valid until the next one is encoded. */
export function encodeMeasurement(series: number, value: number, exemplar: MeasuredIn | undefined): Uint8Array {
  buffer.writeUInt32LE(series, 1)
  buffer.writeDoubleLE(value, 5)
  if (exemplar === undefined) {
    buffer[0] = MEASUREMENT
    return buffer.subarray(0, MEASUREMENT_BYTES)
  }
  buffer[0] = EXEMPLAR
  buffer.writeDoubleLE(exemplar.timeMillis, TIME_AT)
  buffer.fill(0, TRACE_ID_AT)
  buffer.write(exemplar.traceId, TRACE_ID_AT, 'hex')
  buffer.write(exemplar.spanId, SPAN_ID_AT, 'hex')
  return buffer
}

export function encodeAnnouncement(announcement: Announcement): Uint8Array {
  const { serialize } = process.getBuiltinModule('node:v8')
  return Buffer.concat([Buffer.of(ANNOUNCEMENT), serialize(announcement)])
}

export function decodeMessage(message: Uint8Array): Measurement | Announcement {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength)
  if (bytes[0] === ANNOUNCEMENT) return process.getBuiltinModule('node:v8').deserialize(bytes.subarray(1))
  return {
    series: bytes.readUInt32LE(1),
    value: bytes.readDoubleLE(5),
    exemplar: bytes[0] === EXEMPLAR ? exemplarIn(bytes) : undefined,
  }
}

function exemplarIn(bytes: Buffer): MeasuredIn {
  const traceId = bytes.toString('hex', TRACE_ID_AT, SPAN_ID_AT)
  const isTraced = !/^0+$/.test(traceId)
  return {
    timeMillis: bytes.readDoubleLE(TIME_AT),
    traceId: isTraced ? traceId : '',
    spanId: isTraced ? bytes.toString('hex', SPAN_ID_AT, EXEMPLAR_BYTES) : '',
  }
}
