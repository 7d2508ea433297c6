// A call over TLS to a server of its own.
import { readFileSync } from 'node:fs'
import { createServer, get } from 'node:https'

const read = (name) => readFileSync(new URL(`./${name}.pem`, import.meta.url))
const server = createServer({ key: read('key'), cert: read('cert') }, (_req, res) => res.end('hello'))
server.listen(0, 'localhost', () => {
  get(`https://localhost:${server.address().port}/`, { ca: read('cert'), agent: false }, (res) => {
    res.resume().on('end', () => server.close())
  })
})
