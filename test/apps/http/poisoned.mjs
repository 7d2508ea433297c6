// Sends requests that do not like to be asked for their headers, and then one that does not mind; serves them itself.
import http from 'node:http'

const COUNT = Number(process.env.COUNT)

const server = http.createServer((_request, response) => response.end('hello'))

server.listen(0, '127.0.0.1', async () => {
  let bytes = 0
  for (let i = 0; i <= COUNT; i++) bytes += (await send(i < COUNT)).length
  console.log(`${bytes} bytes`)
  server.close()
})

function send(isPoisoned) {
  return new Promise((resolve, reject) => {
    const request = http.request({ port: server.address().port, host: '127.0.0.1', agent: false }, (response) => {
      response.setEncoding('utf8').once('data', resolve)
    })
    request.on('error', reject)
    if (isPoisoned) {
      request.getHeader = () => {
        throw new TypeError('no headers for you')
      }
    }
    request.end()
  })
}
