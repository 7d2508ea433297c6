import { LOG_LEVELS, type LogLevel } from '../../diag/diag.js'
import type { DetectorName, PropagatorName } from '../config.js'
import { entities } from '../entities.js'
import { attributes } from '../pairs.js'
import { boolean, listOf, oneOf, text } from '../parse.js'
import { stability } from '../stability.js'
import { exporters } from './exporters.js'
import type { Rows } from './variable.js'

const propagators = listOf<PropagatorName>([
  'tracecontext',
  'baggage',
  'b3',
  'b3multi',
  'jaeger',
  'xray',
  'ottrace',
  'none',
])
export const DETECTORS: readonly DetectorName[] = [
  'env',
  'process',
  'host',
  'os',
  'serviceinstance',
  'container',
  'k8s',
  'aws',
  'gcp',
  'azure',
]
const detectors = listOf<DetectorName | 'service' | 'all' | 'none'>(
  [...DETECTORS, 'service', 'all', 'none'],
  ['alibaba'],
)

/** What the agent is, for whom it speaks, and where spans go. */
export const GENERAL = {
  OTEL_SDK_DISABLED: {
    type: boolean,
    default: 'false',
    meaning: 'true: the agent is absent; it loads, patches and starts nothing.',
  },
  OTEL_ENABLED: {
    type: boolean,
    default: 'true',
    meaning: 'false: the same as OTEL_SDK_DISABLED=true; true has no effect.',
  },
  OTEL_CONFIG_FILE: {
    type: text,
    meaning:
      'A declarative configuration file in YAML; all other variables named OTEL_ count only where it refers to them.',
  },
  OTEL_EXPERIMENTAL_CONFIG_FILE: {
    type: text,
    meaning: 'The old name of OTEL_CONFIG_FILE; counts where that is unset.',
  },
  OTEL_LOG_LEVEL: {
    type: oneOf<LogLevel>(LOG_LEVELS),
    default: 'info',
    tested: 'error',
    meaning: "How much the agent says of itself, on the program's standard error.",
  },
  OTEL_SERVICE_NAME: {
    type: text,
    meaning: "The service's name; without it the name in the program's package.json.",
  },
  OTEL_RESOURCE_ATTRIBUTES: {
    type: attributes,
    meaning: 'Attributes of all telemetry, such as deployment.environment.name=production; values percent-encoded.',
  },
  OTEL_ENTITIES: {
    type: entities,
    meaning: 'Attributes by what they belong to: service{service.name=shop};host{host.id=1}; the others win over them.',
  },
  OTEL_NODE_RESOURCE_DETECTORS: {
    type: detectors,
    default: 'env,process,host,os,serviceinstance,container,k8s',
    meaning: 'What is found out for the resource; aws, gcp, azure and all ask metadata services over the network.',
  },
  OTEL_TRACES_EXPORTER: {
    type: exporters,
    default: 'otlp',
    meaning: 'Where spans go, one destination or several; none: they are made and propagated, and not delivered.',
  },
  OTEL_SEMCONV_STABILITY_OPT_IN: {
    type: stability,
    meaning:
      'For other agents: this one has the stable names of HTTP and databases, and says that there are no others.',
  },
  OTEL_PROPAGATORS: {
    type: propagators,
    default: 'tracecontext,baggage',
    meaning: 'The headers by which a trace crosses from one process to the next.',
  },
} as const satisfies Rows
