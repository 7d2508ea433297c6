// Serves each request by requests of its own, which undici sends again: after a redirect and after a failure, all on one
// connection, which the first of them opens.
import { createServer } from 'node:http'

const { Agent, RetryHandler, interceptors, request } = await import(process.env.PACKAGE)
const agent = new Agent({ connections: 1 })
const options = interceptors
  ? { dispatcher: agent.compose(interceptors.redirect({ maxRedirections: 1 })) }
  : { dispatcher: agent, maxRedirections: 1 }
const retrying = { dispatch: (given, handler) => agent.dispatch(given, retried(given, handler)) }
let failures = 0

const server = createServer(async (req, res) => {
  const base = `http://127.0.0.1:${server.address().port}`
  if (req.url === '/old') return res.writeHead(302, { location: '/new' }).end()
  if (req.url === '/flaky') return res.writeHead(failures++ % 2 === 0 ? 503 : 200).end()
  if (req.url === '/new') return res.end('new')
  const { body } = await request(`${base}/old`, options)
  const text = await body.text()
  await (await request(`${base}/flaky`, { dispatcher: Object.assign(Object.create(agent), retrying) })).body.text()
  res.end(text)
})

server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`))

function retried(given, handler) {
  const retryOptions = { minTimeout: 1, maxRetries: 1 }
  const dispatch = (options, handler) => agent.dispatch(options, handler)
  return new RetryHandler({ ...given, retryOptions }, { dispatch, handler })
}
