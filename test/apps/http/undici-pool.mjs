// Four requests at once, each served by one of its own: by fetch or undici, through a pool of two connections.
import { createServer } from 'node:http'
import { buffer } from 'node:stream/consumers'

const { Agent, fetch, request } = await import(process.env.PACKAGE)
const dispatcher = new Agent({ connections: 2 })
const waiting = []

const server = createServer(async (req, res) => {
  const [, way, target] = req.url.split('/')
  if (target !== undefined) return res.end(way)
  await new Promise((resolve) => {
    if (waiting.push(resolve) === 4) for (const goOn of waiting.splice(0)) goOn()
  })
  const url = `http://127.0.0.1:${server.address().port}/${way}/target`
  const { body } = await (way === 'fetch' ? fetch : request)(url, { dispatcher })
  res.end(await buffer(body))
})

server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`))
