import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { root } from './harness/program.js'
import { startSink } from './harness/sink.js'

test('the demo draws a trace through three processes, one that fails, and ends by itself', async () => {
  const { code, stdout, stderr } = await demo({})
  assert.equal(code, 0, stdout + stderr)
  assert.equal(stderr, '')
  const traces = stdout.split('\n\n').filter((part) => part.startsWith('trace ') || part.includes('gateway  server'))
  assert.equal(traces.length, 2, stdout)
  for (const line of [
    /^GET \/shop\/orders\/:id .*gateway +server +200/m,
    /^└─ GET .*gateway +client +200/m,
    /^ {3}└─ GET \/orders\/:id .*orders +server +200/m,
    /^ {6}└─ SELECT autospan_demo .*orders +client/m,
  ]) {
    assert.match(traces[0] ?? '', line)
  }
  for (const line of [/server +✗ 502/, /server +✗ 500 22P02/, /SELECT autospan_demo .*client +✗ 22P02/]) {
    assert.match(traces[1] ?? '', line)
  }
  assert.match(stdout, /OTEL_EXPORTER_OTLP_ENDPOINT=http:\/\/localhost:4318 npm run demo/)
})

test('the demo passes its spans on to a collector that is given', async (t) => {
  const sink = await startSink(t)
  const { code, stdout } = await demo({ OTEL_EXPORTER_OTLP_ENDPOINT: sink.url })
  assert.equal(code, 0, stdout)
  const spans = await sink.spans(8)
  assert.deepEqual([...new Set(spans.map(({ resource }) => resource['service.name']))].sort(), ['gateway', 'orders'])
  assert.match(stdout, new RegExp(`The same spans went to ${sink.url}: accepted`))
})

async function demo(env: Record<string, string>): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const node = process.env.AUTOSPAN_TEST_NODE ?? process.execPath
  const child = spawn(node, [join(root, 'examples/demo.mjs')], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    timeout: 60_000,
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text
  })
  const [code] = await once(child, 'close')
  return { code, stdout, stderr }
}
