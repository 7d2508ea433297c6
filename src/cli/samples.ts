import type { Config, SignalName } from '../config/config.js'
import { AgentLoggerProvider } from '../logs/provider.js'
import { AgentMeterProvider } from '../metrics/provider.js'
import { MetricReader } from '../metrics/reader.js'
import { createLogEncoder, createMetricEncoder, createSpanEncoder } from '../otlp/encoders.js'
import type { Resource } from '../resource/resource.js'
import { AgentTracerProvider } from '../trace/provider.js'
import { alwaysOn } from '../trace/sampler.js'
import { VERSION } from '../version.js'

/** A request with one record, which is a real one and marked. */
export interface Sample {
  readonly body: Uint8Array
  readonly contentType: string
  /** How it can be found. */
  readonly trait: string
}

const SCOPE = 'autospan/doctor'
/** The name of the test span and of the log record, by which they can be found, and known for what they are. */
const NAME = 'autospan doctor'
const METRIC = 'autospan.doctor'
const ATTRIBUTES = { 'autospan.doctor': true }
const SEVERITY_INFO = 9

/** What is sent to see whether a signal is taken. */
export const SAMPLES: Readonly<Record<SignalName, (config: Config, resource: Resource) => Sample>> = {
  traces({ traces: { limits, otlp } }, resource) {
    const encoder = createSpanEncoder(otlp.protocol, resource)
    const processor = { onEnd: encoder.add.bind(encoder) }
    const tracer = new AgentTracerProvider({ sampler: alwaysOn, limits, processor }).getTracer(SCOPE, VERSION)
    const span = tracer.startSpan(NAME, { root: true, attributes: ATTRIBUTES })
    span.end()
    const { contentType } = encoder
    return { body: encoder.take(), contentType, trait: `look for "${NAME}", trace ${span.spanContext().traceId}` }
  },

  metrics({ metrics: { exemplars, temporality, histograms, otlp } }, resource) {
    const encoder = createMetricEncoder(otlp.protocol, resource)
    const reader = new MetricReader({ exemplars, temporality, histograms, keepsExemplars: false })
    new AgentMeterProvider([reader]).getMeter(SCOPE, VERSION).createGauge(METRIC).record(1)
    reader.collectNow((metric) => encoder.add(metric))
    return { body: encoder.take(), contentType: encoder.contentType, trait: `look for ${METRIC}` }
  },

  logs({ logs: { limits, otlp } }, resource) {
    const encoder = createLogEncoder(otlp.protocol, resource)
    const processor = { onEnd: encoder.add.bind(encoder) }
    const logger = new AgentLoggerProvider(limits, processor, () => {}).getLogger(SCOPE, VERSION)
    logger.emit({ severityNumber: SEVERITY_INFO, severityText: 'INFO', body: NAME, attributes: ATTRIBUTES })
    return { body: encoder.take(), contentType: encoder.contentType, trait: `look for "${NAME}"` }
  },
}
