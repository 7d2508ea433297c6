import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { HttpResponse } from '../../src/export/transport/http-response.js'
import { UnreadAnswer } from '../../src/export/transport/unread-answer.js'

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n'

for (const [what, text, expected] of [
  ['no body', 'HTTP/1.1 204 No Content\r\n\r\n', { status: 204, body: '' }],
  ['a body of a length', `${HEAD}Content-Length: 3\r\n\r\ntea`, { status: 200, body: 'tea' }],
  ['more than its length', `${HEAD}Content-Length: 3\r\n\r\nteapot`, { status: 200, body: 'tea' }],
  ['less than its length', `${HEAD}Content-Length: 3\r\n\r\nte`, undefined],
  [
    'a body in chunks',
    `${HEAD}Transfer-Encoding: chunked\r\n\r\n2\r\nte\r\n1\r\na\r\n0\r\n\r\n`,
    { status: 200, body: 'tea' },
  ],
  ['chunks without the last', `${HEAD}Transfer-Encoding: chunked\r\n\r\n2\r\nte\r\n1\r\n`, undefined],
  [
    'a head before its head',
    `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 503 Busy\r\nContent-Length: 0\r\n\r\n`,
    { status: 503, body: '' },
  ],
  ['half a head', 'HTTP/1.1 200 OK\r\nContent', undefined],
] as const) {
  test(`an answer with ${what}`, async (t) => {
    const answer = await answered(t, text, false)
    const read = answer.look()
    assert.deepEqual(read && { status: read.status, body: Buffer.from(read.body).toString() }, expected)
  })
}

test('an answer that was cut off after its head stands', async (t) => {
  const answer = await answered(t, `${HEAD}Content-Length: 3\r\n\r\nte`, true)
  assert.equal(answer.look()?.status, 200)
})

test('a connection that ends before an answer is an error, and so is what is no answer', async (t) => {
  await assert.rejects(async () => (await answered(t, 'HTTP/1.1 200', true)).look(), { code: 'ECONNRESET' })
  await assert.rejects(async () => (await answered(t, 'SSH-2.0 \r\n\r\n', false)).look(), /not HTTP/)
})

test('nothing can be read from a socket that is gone', () => {
  assert.equal(UnreadAnswer.of(new Socket(), new HttpResponse()), undefined)
})

/** What is behind a socket that nobody reads, after `text` has come on it, and its end if it `ends`. */
async function answered(t: TestContext, text: string, ends: boolean): Promise<UnreadAnswer> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = new Socket().pause()
  t.after(() => {
    socket.destroy()
    server.close()
  })
  socket.connect((server.address() as AddressInfo).port, '127.0.0.1')
  const [[peer]] = (await Promise.all([once(server, 'connection'), once(socket, 'connect')])) as [[Socket], unknown]
  t.after(() => peer.destroy())
  await new Promise<void>((resolve) => {
    if (ends) peer.end(text, resolve)
    else peer.write(text, () => resolve())
  })
  const answer = UnreadAnswer.of(socket, new HttpResponse())
  assert.ok(answer !== undefined)
  return answer
}
