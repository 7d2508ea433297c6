// An OpenTelemetry SDK that a program sets up for itself, of whichever version is beside it: http is traced, and each span
// posted at once.
const { context, propagation, trace } = require('@opentelemetry/api')
const { OTLPTraceExporter } = require('@opentelemetry/exporter-trace-otlp-http')
const { registerInstrumentations } = require('@opentelemetry/instrumentation')
const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http')
const { SimpleSpanProcessor, TracerProvider, BasicTracerProvider } = require(process.env.SDK)

const exporter = new OTLPTraceExporter({ url: `${process.env.BACKEND}/v1/traces` })
if (TracerProvider !== undefined) {
  // From version 3 on it is put together by hand.
  const { AsyncLocalStorageContextManager } = require('@opentelemetry/context-async-hooks')
  const { W3CTraceContextPropagator } = require('@opentelemetry/core')
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }))
} else {
  const { NodeTracerProvider } = require('@opentelemetry/sdk-trace-node')
  const processor = new SimpleSpanProcessor(exporter)
  const isOld = 'addSpanProcessor' in BasicTracerProvider.prototype
  const provider = new NodeTracerProvider(isOld ? {} : { spanProcessors: [processor] })
  if (isOld) provider.addSpanProcessor(processor)
  provider.register()
}
registerInstrumentations({ instrumentations: [new HttpInstrumentation()] })
