import { count, positive } from '../parse.js'
import type { Rows } from './variable.js'

/** How much of it spans and log records keep. */
export const LIMITS = {
  OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: {
    type: count,
    meaning: 'Characters of an attribute value; what is beyond them is cut off. Without it there is no limit.',
  },
  OTEL_ATTRIBUTE_COUNT_LIMIT: {
    type: count,
    default: '128',
    meaning: 'How many attributes are kept.',
  },
  OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: {
    type: count,
    fallback: 'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT',
    meaning: "Characters of a value among a span's attributes.",
  },
  OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: {
    type: count,
    fallback: 'OTEL_ATTRIBUTE_COUNT_LIMIT',
    meaning: 'How many attributes a span keeps.',
  },
  OTEL_SPAN_EVENT_COUNT_LIMIT: {
    type: count,
    default: '128',
    meaning: 'How many events a span keeps.',
  },
  OTEL_SPAN_LINK_COUNT_LIMIT: {
    type: count,
    default: '128',
    meaning: 'How many links a span keeps.',
  },
  OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT: {
    type: count,
    fallback: 'OTEL_SPAN_ATTRIBUTE_PER_EVENT_COUNT_LIMIT',
    meaning: "How many attributes each of a span's events keeps.",
  },
  OTEL_SPAN_ATTRIBUTE_PER_EVENT_COUNT_LIMIT: {
    type: count,
    default: '128',
    meaning: "The name of OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT in OpenTelemetry's own agent; counts where that is unset.",
  },
  OTEL_LINK_ATTRIBUTE_COUNT_LIMIT: {
    type: count,
    fallback: 'OTEL_SPAN_ATTRIBUTE_PER_LINK_COUNT_LIMIT',
    meaning: "How many attributes each of a span's links keeps.",
  },
  OTEL_SPAN_ATTRIBUTE_PER_LINK_COUNT_LIMIT: {
    type: count,
    default: '128',
    meaning: "The name of OTEL_LINK_ATTRIBUTE_COUNT_LIMIT in OpenTelemetry's own agent; counts where that is unset.",
  },
  OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT: {
    type: count,
    fallback: 'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT',
    meaning: "Characters of a value among a log record's attributes.",
  },
  OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT: {
    type: count,
    fallback: 'OTEL_ATTRIBUTE_COUNT_LIMIT',
    meaning: 'How many attributes a log record keeps.',
  },
  AUTOSPAN_TEXT_LENGTH_LIMIT: {
    type: positive,
    default: '8192',
    meaning: 'Characters of texts that the agent itself puts on spans: of URLs, headers, queries and errors.',
  },
} as const satisfies Rows
