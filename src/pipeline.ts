import { createRequire } from 'node:module'
import type { Config, DeliveryConfig, TracesConfig } from './config/config.js'
import { readColourWishes } from './config/environment.js'
import { BatchProcessor } from './export/batch.js'
import type { Uncaught } from './export/doors.js'
import type { Exporter } from './export/exporter.js'
import { LastFlush } from './export/last-flush.js'
import { fanOut } from './export/multi.js'
import { TRACES } from './export/signal.js'
import { transportSettings } from './export/transport.js'
import { HttpTransport } from './export/transport-http.js'
import { errorType } from './instrumentation/http.js'
import { createSpanEncoder } from './otlp/encoders.js'
import type { Resource } from './resource/resource.js'
import { AgentTracerProvider } from './trace/provider.js'
import { alwaysOff, alwaysOn, parentBased, type Sampler, traceIdRatio } from './trace/sampler.js'
import type { SpanProcessor } from './trace/span.js'
import { VERSION } from './version.js'

const require = createRequire(import.meta.url)

/** What spans need from their start to the collector. Loaded and made with the first of them: see agent.ts. */
export interface Pipeline {
  readonly provider: AgentTracerProvider
  /** The event loop is empty: what waits is delivered by it. */
  flush(): void
  /** The process ends: what is still open is ended, and what waits is delivered now. */
  end(uncaught: Uncaught | undefined): void
}

/** `onFirst` is called when a span starts and no other is open. */
export function createPipeline(config: Config, resource: Resource, onFirst: () => void): Pipeline {
  const exporters = createSpanExporters(config, resource)
  const provider = new AgentTracerProvider({
    sampler: createSampler(config.traces),
    limits: config.traces.limits,
    processor: fanOut(exporters),
  })
  const { openSpans } = provider
  openSpans.onFirst = onFirst
  const lastFlush = new LastFlush(exporters, config.exitTimeoutMillis)
  return {
    provider,
    flush: () => lastFlush.flush(),
    end(uncaught) {
      openSpans.endAll(uncaught, errorType)
      lastFlush.run()
    },
  }
}

type SpanExporter = SpanProcessor & Exporter

function createSpanExporters({ traces, delivery }: Config, resource: Resource): readonly SpanExporter[] {
  return traces.exporters.map((exporter) => {
    switch (exporter) {
      case 'otlp':
        return createOtlp(traces, delivery, resource)
      case 'console':
        return createConsole(resource)
      default:
        return createLines(exporter, traces, resource)
    }
  })
}

function createOtlp({ otlp, batch }: TracesConfig, bounds: DeliveryConfig, resource: Resource): SpanExporter {
  const encoder = createSpanEncoder(otlp.protocol, resource)
  const transport = new HttpTransport(transportSettings(otlp, encoder.contentType, VERSION))
  return new BatchProcessor({ signal: TRACES, encoder, transport, batch, timeoutMillis: otlp.timeoutMillis, bounds })
}

function createLines(to: 'otlp/stdout' | 'otlp/file', { batch, file }: TracesConfig, resource: Resource): SpanExporter {
  const { LineExporter } = require('./export/lines.js') as typeof import('./export/lines.js')
  const { fileOutput, standardOutput } = require('./export/output.js') as typeof import('./export/output.js')
  const encoder = createSpanEncoder('http/json', resource)
  return new LineExporter({
    signal: TRACES,
    encoder,
    output: to === 'otlp/file' ? fileOutput(file) : standardOutput,
    batch,
  })
}

/** stderr, for stdout is the program's. */
function createConsole({ attributes }: Resource): SpanExporter {
  const { ConsoleProcessor, wantsColour } = require('./export/console.js') as typeof import('./export/console.js')
  const { noColor, forceColor } = readColourWishes()
  const { isTTY = false, columns } = process.stderr
  return new ConsoleProcessor({
    serviceName: String(attributes[attributes.indexOf('service.name') + 1]),
    write: (text) => process.stderr.write(text),
    colour: wantsColour(isTTY, noColor, forceColor),
    ...(columns === undefined ? {} : { width: columns }),
  })
}

function createSampler({ sampler, samplerRatio }: TracesConfig): Sampler {
  const [root, isParentBased] = sampler.startsWith('parentbased_')
    ? [sampler.slice('parentbased_'.length), true]
    : [sampler, false]
  const own = root === 'always_on' ? alwaysOn : root === 'always_off' ? alwaysOff : traceIdRatio(samplerRatio)
  return isParentBased ? parentBased(own) : own
}
