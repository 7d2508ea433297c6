// Asks a proxy for another server's answer, as undici 8 does for plain HTTP, and prints whether the trace was told.
import { createServer } from 'node:http'
import { Client } from 'undici7'

const proxy = createServer((req, res) => res.end(String('traceparent' in req.headers)))

proxy.listen(0, '127.0.0.1', async () => {
  const client = new Client(`http://127.0.0.1:${proxy.address().port}`)
  for (const host of ['user:SECRET@shop.example', 'bank.example:8080']) {
    const { body } = await client.request({ path: `http://${host}/tea?a=1`, method: 'GET' })
    console.log(host, await body.text())
  }
  await client.close()
  proxy.close()
})
