// A program that takes the provider of the API for that of its own SDK, and has it deliver.
require('./sdk.cjs')
const { trace } = require('@opentelemetry/api')

const provider = trace.getTracerProvider().getDelegate()
const make = (name) => provider.getTracer('program').startSpan(name).end()

async function main() {
  await provider.forceFlush()
  make('one')
  await provider.forceFlush()
  make('two')
  await provider.shutdown()
  make('three')
  console.log('delivered')
}

setInterval(() => {}, 1000)
void main()
