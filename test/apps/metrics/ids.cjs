// Measures below contexts that it has made of messages which do not tell their trace as they should.
const { context, metrics, ROOT_CONTEXT, trace } = require('@opentelemetry/api')

const sizes = metrics.getMeter('shop').createHistogram('shop.message.size', {
  advice: { explicitBucketBoundaries: [0, 1, 2, 3] },
})
const received = [undefined, '', 'x"y', 7]
received.forEach((traceId, i) => {
  const identity = { traceId, spanId: traceId, traceFlags: 1 }
  context.with(trace.setSpanContext(ROOT_CONTEXT, identity), () => sizes.record(i))
})
