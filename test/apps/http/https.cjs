// A call over TLS to a server of its own.
const { readFileSync } = require('node:fs')
const { join } = require('node:path')
const https = require('https')

const read = (name) => readFileSync(join(__dirname, `${name}.pem`))
const server = https.createServer({ key: read('key'), cert: read('cert') }, (_req, res) => res.end('hello'))
server.listen(0, 'localhost', () => {
  https.get(`https://localhost:${server.address().port}/`, { ca: read('cert'), agent: false }, (res) => {
    res.resume().on('end', () => server.close())
  })
})
