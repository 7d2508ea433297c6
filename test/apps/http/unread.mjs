// A response that nobody reads, until the garbage collector has found it.
import { createServer } from 'node:http'

const server = createServer((_req, res) => {
  res.on('close', () => {
    server.close()
    clearInterval(collecting)
  })
  res.write('x'.repeat(1 << 20))
})
let collecting

server.listen(0, '127.0.0.1', async () => {
  await ask()
  collecting = setInterval(() => global.gc(), 5)
})

async function ask() {
  const { status } = await fetch(`http://127.0.0.1:${server.address().port}/`)
  if (status !== 200) throw new Error(String(status))
}
