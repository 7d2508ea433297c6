// A program with spans of its own, made by a copy of the API that API names, around a call that is traced anyway.
import { createServer, get } from 'node:http'

const { context, propagation, SpanStatusCode, trace } = await import(process.env.API ?? '@opentelemetry/api')
const tracer = trace.getTracer('shop', '2.0')

const server = createServer((req, res) => res.end(req.headers.baggage ?? ''))
server.listen(0, '127.0.0.1', () => {
  tracer.startActiveSpan('checkout', { attributes: { item: 'tea' } }, (span) => {
    const bag = propagation.createBaggage({ user: { value: '7' } })
    context.with(propagation.setBaggage(context.active(), bag), () => {
      get({ port: server.address().port, host: '127.0.0.1' }, (res) => {
        res.resume().on('end', () => {
          trace.getActiveSpan()?.addEvent('answered')
          span.setStatus({ code: SpanStatusCode.OK })
          span.end()
          server.close()
        })
      })
    })
  })
})
