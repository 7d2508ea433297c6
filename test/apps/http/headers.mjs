// Sends a traceparent of its own in each form that headers can have, and prints what arrived.
import { createServer, request } from 'node:http'

const traceparent = '00-11111111111111111111111111111111-2222222222222222-01'
const tracestate = 'mine=1'
const signed = 'AWS4-HMAC-SHA256 Credential=x, SignedHeaders=host, Signature=y'

const server = createServer((req, res) => {
  const values = (name) => req.rawHeaders.filter((_, i) => req.rawHeaders[i - 1]?.toLowerCase() === name)
  const tracestates = values('tracestate')
  res.end(JSON.stringify({ way: req.url.slice(1), traceparents: values('traceparent'), tracestates }))
})

server.listen(0, '127.0.0.1', async () => {
  const { port } = server.address()
  const base = `http://127.0.0.1:${port}`
  const print = async (response) => console.log(await response.text())
  const host = `127.0.0.1:${port}`
  await print(await fetch(`${base}/init`, { headers: { traceparent, tracestate } }))
  await print(await fetch(`${base}/Headers`, { headers: new Headers({ Traceparent: traceparent, tracestate }) }))
  await print(await fetch(new Request(`${base}/Request`, { headers: [['TraceParent', traceparent]] })))
  await print(await fetch(`${base}/signed-fetch`, { headers: { authorization: signed } }))
  await call('/request', { traceparent, tracestate })
  await call('/list', ['Host', host, 'TRACEPARENT', traceparent, 'TraceState', tracestate])
  await call('/pairs', [
    ['Host', host],
    ['traceparent', traceparent],
  ])
  await call('/signed-request', { Authorization: signed })
  await call('/signed-list', ['Host', host, 'Authorization', signed.replace('HMAC', 'ECDSA-P256')])
  server.close()

  function call(path, headers) {
    return new Promise((resolve) => {
      request({ port, host: '127.0.0.1', path, headers }, async (res) => {
        let text = ''
        for await (const chunk of res) text += chunk
        console.log(text)
        resolve()
      }).end()
    })
  }
})
