// An SDK of OpenTelemetry that the program has set up for itself. It tells at the end what has reached it.
const { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } = require('@opentelemetry/sdk-trace-node')

const exporter = new InMemorySpanExporter()
new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).register()
process.on('exit', () => {
  const names = exporter.getFinishedSpans().map(({ name }) => name)
  console.log('the SDK has', names.join() || 'nothing')
})
