import type { CallerPolicy } from '../../trace/decider.js'
import type { SamplerName } from '../config.js'
import { oneOf, positive } from '../parse.js'
import { keep, networks, samplerArgument, samplingRules } from '../sampling-types.js'
import type { Rows } from './variable.js'

const sampler = oneOf<SamplerName>(
  [
    'always_on',
    'always_off',
    'traceidratio',
    'parentbased_always_on',
    'parentbased_always_off',
    'parentbased_traceidratio',
    'jaeger_remote',
    'parentbased_jaeger_remote',
  ],
  ['xray'],
)

/** Which traces are recorded. */
export const SAMPLING = {
  OTEL_TRACES_SAMPLER: {
    type: sampler,
    default: 'parentbased_always_on',
    meaning: 'Decides which traces are recorded; parentbased follows the caller where there is one.',
  },
  OTEL_TRACES_SAMPLER_ARG: {
    type: samplerArgument,
    default: '1.0',
    meaning: 'The share of traces that samplers named traceidratio record; for jaeger_remote, where it is asked for.',
  },
  AUTOSPAN_SAMPLING_RULES: {
    type: samplingRules,
    meaning: 'Shares or rates of traces by what they begin with: GET /health*=0; /admin/*=1; *=10/s. See sampling.md.',
  },
  AUTOSPAN_KEEP: {
    type: keep,
    meaning: 'What is kept of traces that are not sampled: the part in this process if it fails, or takes so long.',
  },
  AUTOSPAN_KEEP_MAX_SPANS: {
    type: positive,
    default: '10000',
    meaning: 'How many ended spans wait in memory for AUTOSPAN_KEEP to be decided; of more the oldest are dropped.',
  },
  AUTOSPAN_CALLERS: {
    type: oneOf<CallerPolicy>(['obey', 'ignore', 'link']),
    default: 'obey',
    meaning: 'A caller decides on sampling; or not; or its trace is not even continued: a new one has a link to it.',
  },
  AUTOSPAN_TRUSTED_CALLERS: {
    type: networks,
    meaning: 'Addresses and networks of callers that are obeyed whatever AUTOSPAN_CALLERS is: 10.0.0.0/8,::1.',
  },
} as const satisfies Rows
