// Arguments that node:http takes, or refuses, and that agents have tripped over.
import { createServer, get, request } from 'node:http'
import { runInNewContext } from 'node:vm'

const server = createServer((req, res) => res.end(req.url))
server.listen(0, '127.0.0.1', async () => {
  const { port } = server.address()
  const url = `http://127.0.0.1:${port}/`
  await call('url-host', (done) => request({ hostname: '127.0.0.1', host: 'x', port, path: '/' }, done).end())
  await call('url-object-host', (done) =>
    request({ hostname: '127.0.0.1', host: new URL('http://x/'), port }, done).end(),
  )
  await call('three-arguments', (done) => get(url, { path: '/three' }, done))
  await call('foreign-url', (done) => get(runInNewContext('new URL(url)', { URL, url }), done))
  await call('non-ascii', (done) => get({ port, host: '127.0.0.1', path: '/ü' }, done))
  await call('no-arguments', () => request())
  await call('bad-method', () => request({ method: 'A B', port }))
  await call('bad-header', (done) => get({ port, host: '127.0.0.1', headers: { a: 'x\n' } }, done))
  for (const headers of [
    ['a', '1', 'b'],
    [['a', '1'], ['b']],
    [['a', '1', '2'], 'b'],
    [Symbol('a'), 'x'],
    [{}, 'x'],
    ['a', undefined],
    [
      ['Host', 'x'],
      ['X-A', ['1', '2']],
    ],
  ]) {
    await call('header-list', (done) => get({ port, host: '127.0.0.1', headers }, done))
  }
  await call('set-host-false', (done) => get({ port, host: '127.0.0.1', setHost: false }, done))
  server.close()
})

async function call(name, send) {
  try {
    const res = await new Promise((resolve, reject) => send(resolve)?.on('error', reject))
    let text = ''
    for await (const chunk of res) text += chunk
    console.log(name, res.statusCode, text)
  } catch (error) {
    console.log(name, error.name, error.code, error.message.replace(/:\d+/, ''))
  }
}
