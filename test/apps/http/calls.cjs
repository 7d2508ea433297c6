// Sends requests to a server of its own, in the way that WAY names, and ends.
const http = require('http')
const { get } = require('node:http')

const server = http.createServer((req, res) => {
  res.end(JSON.stringify({ url: req.url, headers: req.rawHeaders }))
})

const ways = {
  default: (url, done) => http.get(url, done),
  named: (url, done) => get(url, done),
  request: (url, done) => http.request(url, done).end(),
  builtin: (url, done) => process.getBuiltinModule('node:http').get(url, done),
  pairs: ({ hostname, port, pathname }, done) =>
    get(
      {
        hostname,
        port,
        path: pathname,
        headers: [
          ['host', `${hostname}:${port}`],
          ['expect', '100-continue'],
        ],
      },
      done,
    ),
}

server.listen(0, '127.0.0.1', () => {
  ways[process.env.WAY](new URL(`http://127.0.0.1:${server.address().port}/hello`), (res) => {
    res.pipe(process.stdout)
    res.on('end', () => server.close())
  })
})
