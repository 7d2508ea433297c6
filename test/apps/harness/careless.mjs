// A test that asserts nothing. Its sink sees a violation, and a server of its own is running.
import { test } from 'node:test'
import { file } from '../../../dist/test/harness/owner.js'
import { start } from '../../../dist/test/harness/program.js'
import { startSink } from '../../../dist/test/harness/sink.js'

const body = async (owner) => {
  const server = await start(owner, 'harness/server.mjs', { agent: false })
  const sink = await startSink(owner)
  console.log(`started ${server.pid}`)
  await fetch(sink.url, { method: 'POST' })
}

if (process.argv[2] === 'file') {
  await body(file)
  test('asserts nothing', () => {})
} else {
  test('asserts nothing', body)
}
