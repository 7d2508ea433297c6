// Sends a traceparent of its own and prints what arrived.
const http = require('node:http')

const traceparent = '00-11111111111111111111111111111111-2222222222222222-01'

const server = http.createServer((req, res) => {
  const values = (name) => req.rawHeaders.filter((_, i) => req.rawHeaders[i - 1]?.toLowerCase() === name)
  const way = req.url.slice(1)
  res.end(`${JSON.stringify({ way, traceparents: values('traceparent'), tracestates: values('tracestate') })}\n`)
})

server.listen(0, '127.0.0.1', () => {
  const url = `http://127.0.0.1:${server.address().port}`
  const set = http.request(
    `${url}/setHeader`,
    next(() => {
      http.get(
        `${url}/get`,
        { headers: { Traceparent: traceparent } },
        next(() => {
          http.get(
            `${url}/signed`,
            { headers: { authorization: 'AWS4-HMAC-SHA256 x' } },
            next(() => server.close()),
          )
        }),
      )
    }),
  )
  set.setHeader('traceparent', traceparent)
  set.end()
})

function next(then) {
  return (res) => {
    res.on('data', (chunk) => process.stdout.write(chunk))
    res.on('end', then)
  }
}
