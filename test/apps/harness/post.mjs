// Posts what POST holds to the endpoint, as an agent would: a stand-in for one.
const response = await fetch(`${process.env.OTEL_EXPORTER_OTLP_ENDPOINT}/v1/traces`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: process.env.POST,
})
console.log(response.status)
