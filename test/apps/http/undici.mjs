// Sends requests by the undici package that PACKAGE names, in its ways, and prints what arrived.
import { createServer } from 'node:http'

const { Agent, fetch, Pool, request } = await import(process.env.PACKAGE)
const traceparent = '00-11111111111111111111111111111111-2222222222222222-01'

const server = createServer((req, res) => {
  const traceparents = req.rawHeaders.filter((_, i) => req.rawHeaders[i - 1]?.toLowerCase() === 'traceparent')
  res.end(JSON.stringify({ way: req.url, traceparents }))
})

server.listen(0, '127.0.0.1', async () => {
  const base = `http://127.0.0.1:${server.address().port}`
  const dispatcher = new Agent()
  const pool = new Pool(base)
  const print = async ({ body }) => console.log(await body.text())
  await print(await request(`${base}/request`, { dispatcher }))
  await print(await request(`${base}/object`, { dispatcher, headers: { traceparent, a: ['b', 'c'] } }))
  await print(await request(`${base}/list`, { dispatcher, headers: ['TraceParent', traceparent, 'a', 'b', 'A', 'c'] }))
  await print(await pool.request({ path: '/pool', method: 'GET' }))
  console.log(await (await fetch(`${base}/fetch`, { dispatcher, headers: { traceparent } })).text())
  await pool.close()
  await dispatcher.close()
  server.close()
})
