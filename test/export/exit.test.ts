import assert from 'node:assert/strict'
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { ExportStats } from '../../src/export/report.js'
import { SLACK_MILLIS } from '../harness/program.js'
import { accept, Collector, type Handler } from './collector.js'

const SCRIPT = fileURLToPath(new URL('./script.js', import.meta.url))

interface Ended {
  readonly code: number
  readonly addedMillis: number
  readonly stats: ExportStats
  readonly lines: string[]
}

function run(
  url: URL,
  env: Record<string, string> = {},
  use: (child: ChildProcess) => void = () => {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const options = { env: { ...process.env, NODE_OPTIONS: '', URL: String(url), ...env }, timeout: 30_000 }
    const child = execFile(process.execPath, [SCRIPT], options, (error, stdout, stderr) => {
      if (stdout === '') return reject(error ?? new Error(stderr))
      const lines = stderr.split('\n').filter((line) => line !== '')
      resolve({ code: Number(error?.code ?? 0), lines, ...JSON.parse(stdout) })
    })
    use(child)
  })
}

async function withCollector<T>(handler: Handler, use: (collector: Collector) => Promise<T>): Promise<T> {
  const collector = await Collector.listen(handler)
  try {
    return await use(collector)
  } finally {
    await collector.close()
  }
}

test('with a working collector the end of a script is delayed by less than 300 ms, and nothing is said', async () => {
  await withCollector(accept, async (collector) => {
    const { addedMillis, lines } = await run(collector.url, { FLUSH: '1000' })
    assert.deepEqual(collector.ids, ['span-0'])
    assert.deepEqual(lines, [])
    assert.ok(addedMillis < 300 + SLACK_MILLIS, `${addedMillis} ms`)
  })
})

test('10,000 spans arrive whole at the end of a script', async () => {
  await withCollector(accept, async (collector) => {
    const { lines } = await run(collector.url, { FLUSH: '1000', SPANS: '10000' })
    assert.equal(new Set(collector.ids).size, 10_000)
    assert.equal(collector.ids.length, 10_000)
    assert.deepEqual(lines, [])
  })
})

test('with a dead collector the end is delayed by at most 1.2 s, with one line that names URL, reason and loss', async () => {
  const nowhere = await Collector.nowhere()
  await withCollector(
    () => {},
    async (hanging) => {
      for (const [url, reason] of [
        [nowhere, /connection refused \(ECONNREFUSED\)$/],
        [hanging.url, /no answer within 1000 ms$/],
        [new URL('http://collector.invalid:4318/v1/traces'), /\((ENOTFOUND|EAI_AGAIN)\)$/],
      ] as const) {
        const { addedMillis, lines, code } = await run(url, { FLUSH: '1000', SPANS: '3' })
        assert.equal(code, 0)
        assert.equal(lines.length, 1, lines.join('\n'))
        assert.ok(lines[0]?.startsWith(`autospan: lost 3 spans, not delivered to ${url}: `), lines[0])
        assert.match(lines[0]!, reason)
        assert.ok(addedMillis < 1200 + SLACK_MILLIS, `${url}: ${addedMillis} ms`)
      }
    },
  )
})

test('a collector that answers 503 at the end is asked again within the bound', async () => {
  let answers = 0
  await withCollector(
    (response) => response.writeHead(answers++ === 0 ? 503 : 200).end(),
    async (collector) => {
      const { lines } = await run(collector.url, { FLUSH: '1000' })
      assert.deepEqual(collector.ids, ['span-0', 'span-0'])
      assert.deepEqual(lines, [])
    },
  )
})

test('neither a pending delay, nor an export under way, nor a kept connection keeps the process alive', async () => {
  await withCollector(
    (response, _, index) => index === 0 && response.end(),
    async (collector) => {
      const waiting = await run(collector.url)
      assert.ok(waiting.addedMillis < 1000 + SLACK_MILLIS, `${waiting.addedMillis} ms`)
      const kept = await run(collector.url, { DELAY: '0', STAY: '300' })
      assert.equal(kept.stats.exported, 1)
      assert.ok(kept.addedMillis < 1000 + SLACK_MILLIS, `${kept.addedMillis} ms`)
      const underWay = await run(collector.url, { DELAY: '0', STAY: '300' })
      assert.equal(underWay.stats.dropped, 1)
      assert.ok(underWay.addedMillis < 1000 + SLACK_MILLIS, `${underWay.addedMillis} ms`)
    },
  )
  const outage = await run(await Collector.nowhere(), { DELAY: '0', STAY: '300' })
  assert.equal(outage.stats.dropped, 1)
  assert.ok(outage.addedMillis < 1000 + SLACK_MILLIS, `${outage.addedMillis} ms`)
})

test('a connection that does not come about does not keep the process alive', async () => {
  // A stopped process with a full backlog: the kernel drops what else wants to connect.
  const listen = "net.createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, function () {"
  const server = spawn(process.execPath, ['-e', `${listen} console.log(this.address().port) })`])
  const [port] = await once(server.stdout, 'data')
  server.kill('SIGSTOP')
  const sockets = Array.from({ length: 5 }, () => connect(Number(port), '127.0.0.1').on('error', () => {}))
  try {
    await Promise.all(sockets.slice(0, 2).map((socket) => once(socket, 'connect')))
    const url = new URL(`http://127.0.0.1:${Number(port)}/v1/traces`)
    const { addedMillis, lines } = await run(url, { DELAY: '0', STAY: '300' })
    assert.equal(lines.length, 1)
    assert.ok(addedMillis < 2000 + SLACK_MILLIS, `${addedMillis} ms`)
  } finally {
    for (const socket of sockets) socket.destroy()
    server.kill('SIGKILL')
  }
})

test('a process that is stopped while it flushes, and continued later, reports nothing false', async () => {
  let child: ChildProcess | undefined
  await withCollector(
    (response) => {
      child?.kill('SIGSTOP')
      response.end()
      setTimeout(() => child?.kill('SIGCONT'), 900)
    },
    async (collector) => {
      const { lines, stats } = await run(collector.url, { FLUSH: '500' }, (started) => {
        child = started
      })
      assert.deepEqual(lines, [])
      assert.deepEqual(stats, { exported: 1, dropped: 0, failed: 0, queued: 0 })
    },
  )
})

test('process.exit() keeps its code and says what is lost', async () => {
  await withCollector(accept, async (collector) => {
    const { code, lines } = await run(collector.url, { FLUSH: '1000', EXIT: '3', SPANS: '2' })
    assert.equal(code, 3)
    assert.deepEqual(lines, [
      `autospan: lost 2 spans, not delivered to ${collector.url}: the process ended before they were sent`,
    ])
  })
})
