// Sends baggage of its own while it serves a request with baggage, in each form that headers can have; prints what arrives.
import { createServer, get } from 'node:http'
import * as undici5 from 'undici5'
import * as undici7 from 'undici7'

const own = 'tenant=7,user=mine'
const server = createServer(async (req, res) => {
  if (req.url !== '/')
    return res.end(`${req.rawHeaders.filter((_, i) => req.rawHeaders[i - 1] === 'baggage').join(' | ')}`)
  const base = `http://127.0.0.1:${server.address().port}`
  const told = { none: await call(base, {}) }
  told.request = await call(base, { baggage: own })
  told.several = await call(base, { baggage: own.split(',') })
  told.list = await call(base, ['Host', 'x', 'Baggage', 'tenant=7', 'baggage', 'user=mine'])
  told.fetch = await (await fetch(`${base}/told`, { headers: { baggage: own } })).text()
  for (const [name, { request }] of Object.entries({ undici5, undici7 })) {
    const { body } = await request(`${base}/told`, { headers: { Baggage: own } })
    told[name] = await body.text()
  }
  res.end(JSON.stringify(told))
})

server.listen(0, '127.0.0.1', async () => {
  const asked = await fetch(`http://127.0.0.1:${server.address().port}`, { headers: { baggage: 'user=theirs,n=1;p' } })
  console.log(await asked.text())
  process.exit()
})

function call(base, headers) {
  return new Promise((resolve) => {
    get(`${base}/told`, { headers }, async (res) => {
      let text = ''
      for await (const chunk of res) text += chunk
      resolve(text)
    })
  })
}
