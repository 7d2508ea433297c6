import type { SecretKind } from '../config.js'
import { headerNames } from '../header-names.js'
import { boolean, listOf, names, texts } from '../parse.js'
import { patterns } from '../patterns.js'
import { hosts, paths } from '../places.js'
import type { Rows } from './variable.js'

/** Which libraries are traced, and what is told of their calls. */
export const LIBRARIES = {
  OTEL_NODE_ENABLED_INSTRUMENTATIONS: {
    type: names,
    meaning: 'The libraries to trace, such as http,express; only these. Without it all are traced.',
  },
  OTEL_NODE_DISABLED_INSTRUMENTATIONS: {
    type: names,
    meaning: 'Libraries not to trace; wins over OTEL_NODE_ENABLED_INSTRUMENTATIONS.',
  },
  OTEL_INSTRUMENTATION_COMMON_DEFAULT_ENABLED: {
    type: boolean,
    default: 'true',
    meaning: 'false: only libraries that another variable enables are traced.',
  },
  OTEL_INSTRUMENTATION_EXPRESS_LAYER_SPANS: {
    type: boolean,
    default: 'false',
    meaning: 'true: a span for each middleware and handler of express that a request passes.',
  },
  OTEL_INSTRUMENTATION_PG_SQL_COMMENTER: {
    type: boolean,
    default: 'false',
    meaning:
      'true: the database learns of traces: queries have a comment with traceparent, those with a name have none.',
  },
  OTEL_INSTRUMENTATION_HTTP_SERVER_TIMING: {
    type: boolean,
    default: 'false',
    meaning: 'true: each response tells its trace, for browsers: server-timing: traceparent;desc="00-...".',
  },
  OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_REQUEST_HEADERS: {
    type: headerNames,
    meaning: 'Headers of served requests that are attributes of their spans: http.request.header.<name>.',
  },
  OTEL_INSTRUMENTATION_HTTP_SERVER_CAPTURE_RESPONSE_HEADERS: {
    type: headerNames,
    meaning: 'Headers of the responses to served requests: http.response.header.<name>.',
  },
  OTEL_INSTRUMENTATION_HTTP_CLIENT_CAPTURE_REQUEST_HEADERS: {
    type: headerNames,
    meaning: 'Headers of sent requests that are attributes of their spans.',
  },
  OTEL_INSTRUMENTATION_HTTP_CLIENT_CAPTURE_RESPONSE_HEADERS: {
    type: headerNames,
    meaning: 'Headers of the responses to sent requests.',
  },
  OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SANITIZE_FIELDS: {
    type: patterns,
    meaning: 'Regular expressions for captured headers that are [REDACTED]; without it those named like secrets are.',
  },
  OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS: {
    type: texts,
    meaning: 'All methods that are told as they are, instead of those of the conventions; others are _OTHER.',
  },
  AUTOSPAN_HTTP_IGNORE_PATHS: {
    type: paths,
    meaning: 'Paths that are served without spans and all that is below them: /health*,/ready; * is any text.',
  },
  AUTOSPAN_HTTP_IGNORE_HOSTS: {
    type: hosts,
    meaning: 'Hosts to which requests are sent without spans: metrics.internal,*.example.com.',
  },
  AUTOSPAN_HTTP_PROPAGATE_TO: {
    type: hosts,
    meaning: 'The only hosts that learn of traces, by traceparent and the like: *.internal. Without it all do.',
  },
  AUTOSPAN_HTTP_NO_PROPAGATION_TO: {
    type: hosts,
    meaning: 'Hosts that do not learn of traces; wins over AUTOSPAN_HTTP_PROPAGATE_TO.',
  },
  AUTOSPAN_HTTP_SKIP_SIGNED: {
    type: boolean,
    default: 'true',
    meaning: 'true: requests that are signed for AWS (Signature Version 4) are sent as they are, without traceparent.',
  },
  AUTOSPAN_DB_QUERY_TEXT: {
    type: boolean,
    default: 'true',
    meaning: 'false: spans of queries do not have their text (db.query.text), only its summary.',
  },
  AUTOSPAN_REDACT_VALUES: {
    type: listOf<SecretKind | 'none'>(['bearer', 'jwt', 'card', 'email', 'none']),
    default: 'none',
    meaning: 'What is [REDACTED] in all texts of telemetry: tokens, card numbers (as numbers too), addresses.',
  },
  AUTOSPAN_REDACT_ATTRIBUTES: {
    type: texts,
    meaning: 'Attributes of all signals, and of the resource, whose values are [REDACTED]: user.email,*.password.',
  },
  AUTOSPAN_REDACT_QUERY_KEYS: {
    type: texts,
    meaning: 'Keys whose values are REDACTED in the queries of URLs, in any case, besides those that always are.',
  },
  'OTEL_INSTRUMENTATION_<NAME>_ENABLED': {
    type: boolean,
    meaning: 'Whether one library is traced, such as OTEL_INSTRUMENTATION_HTTP_ENABLED; wins over all the above.',
  },
} as const satisfies Rows
