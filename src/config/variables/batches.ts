import { duration, positive, text, timeout } from '../parse.js'
import type { Rows } from './variable.js'

/** How telemetry waits and is sent. */
export const BATCHES = {
  OTEL_BSP_SCHEDULE_DELAY: {
    type: duration,
    default: '5000',
    tested: '0',
    meaning: 'How long the first waiting span waits, at most, before the batch is exported.',
  },
  OTEL_BSP_EXPORT_TIMEOUT: {
    type: timeout,
    default: '30000',
    meaning: 'How long the export of one batch may take.',
  },
  OTEL_BSP_MAX_QUEUE_SIZE: {
    type: positive,
    meaning: 'How many spans may wait; without it their size in bytes is bounded instead.',
  },
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: {
    type: positive,
    default: '512',
    atMost: 'OTEL_BSP_MAX_QUEUE_SIZE',
    meaning: 'How many spans one batch may hold; at most OTEL_BSP_MAX_QUEUE_SIZE where that is set.',
  },
  OTEL_BLRP_SCHEDULE_DELAY: {
    type: duration,
    default: '1000',
    tested: '0',
    meaning: 'How long the first waiting log record waits, at most, before the batch is exported.',
  },
  OTEL_BLRP_EXPORT_TIMEOUT: {
    type: timeout,
    default: '30000',
    meaning: 'How long the export of one batch of log records may take.',
  },
  OTEL_BLRP_MAX_QUEUE_SIZE: {
    type: positive,
    meaning: 'How many log records may wait; without it their size in bytes is bounded instead.',
  },
  OTEL_BLRP_MAX_EXPORT_BATCH_SIZE: {
    type: positive,
    default: '512',
    atMost: 'OTEL_BLRP_MAX_QUEUE_SIZE',
    meaning: 'How many log records one batch may hold; at most OTEL_BLRP_MAX_QUEUE_SIZE where that is set.',
  },
  AUTOSPAN_QUEUE_MAX_BYTES: {
    type: positive,
    default: '33554432',
    meaning: 'How many bytes of encoded telemetry may wait for one destination; of more the oldest are dropped.',
  },
  AUTOSPAN_BATCH_MAX_BYTES: {
    type: positive,
    default: '4194304',
    meaning: 'How large one export request may be, in bytes before compression; larger ones are divided.',
  },
  AUTOSPAN_SPOOL_DIRECTORY: {
    type: text,
    meaning:
      'A folder where telemetry is kept until it is delivered, over a restart of the program; processes may share it.',
  },
  AUTOSPAN_SPOOL_MAX_BYTES: {
    type: positive,
    default: '268435456',
    meaning: 'How many bytes may be in the spool; of more the oldest are dropped.',
  },
  AUTOSPAN_SPOOL_MAX_AGE: {
    type: duration,
    default: '86400000',
    meaning: 'How old telemetry in the spool may become; what is older is dropped by the next start.',
  },
} as const satisfies Rows
