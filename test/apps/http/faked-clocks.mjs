// Serves its first request while both clocks stand still, as tests have them do, and another when they go again.
import { once } from 'node:events'
import { createServer, get } from 'node:http'
import { performance as own } from 'node:perf_hooks'

const trueClocks = { Date, performance }
class FakeDate extends Date {
  static now = () => 0
}
const fakeClocks = { Date: FakeDate, performance: { now: () => 0, timeOrigin: 0 } }

const server = createServer((_req, res) => res.end())
server.listen(0, '127.0.0.1', async () => {
  // As sinon does, besides: an own property of what has it from its class.
  Object.defineProperty(own, 'now', { value: () => 0, configurable: true })
  await ask('/faked', fakeClocks)
  delete own.now
  await ask('/true', trueClocks)
  server.close()
})

async function ask(path, clocks) {
  for (const [name, value] of Object.entries(clocks)) Object.defineProperty(globalThis, name, { value, writable: true })
  const [res] = await once(get({ host: '127.0.0.1', port: server.address().port, path }), 'response')
  await once(res.resume(), 'end')
}
