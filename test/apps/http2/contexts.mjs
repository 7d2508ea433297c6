// Two requests at once share a session that the first of them has opened; each asks twice by it, before and after a wait.
import { AsyncLocalStorage } from 'node:async_hooks'
import { once } from 'node:events'
import { connect, createServer } from 'node:http2'

const own = new AsyncLocalStorage()
const back = createServer().on('stream', (stream) => {
  stream.respond({ ':status': 200 })
  stream.end('ok')
})
back.listen(0, '127.0.0.1')
await once(back, 'listening')

let shared
async function ask(path) {
  shared ??= connect(`http://127.0.0.1:${back.address().port}`)
  const request = shared.request({ ':path': path })
  const seen = await new Promise((resolve) => {
    request.on('response', () => resolve(own.getStore()))
    request.resume()
  })
  await once(request, 'close')
  return seen
}

const front = createServer().on('stream', async (stream, { ':path': path }) => {
  await own.run(path, async () => {
    const first = await ask(`${path}/1`)
    await new Promise((resolve) => setTimeout(resolve, 5))
    const second = await ask(`${path}/2`)
    stream.respond({ ':status': 200 })
    stream.end(`${path} ${first} ${second}`)
  })
})
front.listen(0, '127.0.0.1')
await once(front, 'listening')

const session = connect(`http://127.0.0.1:${front.address().port}`)
const answers = await Promise.all(
  ['/a', '/b'].map(async (path) => {
    const request = session.request({ ':path': path })
    let body = ''
    request.setEncoding('utf8').on('data', (data) => {
      body += data
    })
    await once(request, 'close')
    return body
  }),
)
console.log(answers.join('\n'))
session.close()
shared.close()
front.close()
back.close()
