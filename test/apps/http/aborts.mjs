// Serves requests whose clients all go away, and prints what is left in memory after each 300 of them.
import { createServer, get } from 'node:http'

const seen = new Map()
const server = createServer((req) => {
  seen.get(req.url)()
  seen.delete(req.url)
})

server.listen(0, '127.0.0.1', async () => {
  for (let round = 0; round < 8; round++) {
    for (let i = 0; i < 300; i += 30) await Promise.all(Array.from({ length: 30 }, (_, n) => aborted(`/${i + n}`)))
    global.gc()
    console.log(process.memoryUsage().heapUsed)
  }
  server.close()
})

function aborted(path) {
  return new Promise((resolve) => {
    const request = get({ port: server.address().port, host: '127.0.0.1', path, agent: false })
    seen.set(path, () => request.destroy())
    request.on('error', () => {})
    request.on('close', resolve)
  })
}
