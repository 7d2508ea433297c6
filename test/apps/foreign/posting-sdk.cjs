// An SDK of OpenTelemetry that the program has set up for itself, which posts each span to a backend, in both ways.
const { request } = require('node:http')
const { NodeTracerProvider, SimpleSpanProcessor } = require('@opentelemetry/sdk-trace-node')

const exporter = {
  export(spans, done) {
    const post = request(process.env.BACKEND, { method: 'POST' }, (response) => {
      response.resume().on('end', async () => {
        await (await fetch(process.env.BACKEND, { method: 'POST', body: spans[0].name })).text()
        done({ code: 0 })
      })
    })
    post.end(spans[0].name)
  },
  async shutdown() {},
}
new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).register()
