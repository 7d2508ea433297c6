// A redirect that fetch follows, of a server that speaks HTTP/2 and HTTP/1; prints by which it was asked.
import { readFileSync } from 'node:fs'
import { createSecureServer } from 'node:http2'
import { join } from 'node:path'

const certificates = join(import.meta.dirname, '../http')
const tls = {
  key: readFileSync(join(certificates, 'key.pem')),
  cert: readFileSync(join(certificates, 'cert.pem')),
  allowHTTP1: true,
}
const server = createSecureServer(tls, (req, res) => {
  console.log(req.httpVersion)
  if (req.url === '/old') res.writeHead(302, { location: '/new', 'x-told': 'a' }).end()
  else res.writeHead(200, { 'x-told': 'b' }).end()
})
server.listen(0, '127.0.0.1', async () => {
  await (await fetch(`https://127.0.0.1:${server.address().port}/old`)).text()
  process.exit()
})
