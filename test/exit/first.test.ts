import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { root } from '../harness/program.js'
import { startSink } from '../harness/sink.js'

const NAMESPACE = ['--user', '--map-root-user', '--pid', '--fork', '--kill-child']
const isPermitted = spawnSync('unshare', [...NAMESPACE, 'true']).status === 0

test('a program that no signal ends, as the first process, is traced after one too', {
  skip: !isPermitted && 'namespaces are not permitted here',
}, async (t) => {
  const sink = await startSink(t)
  const command = [process.execPath, '--import', join(root, 'register.mjs'), join(root, 'test/apps/exit/first.cjs')]
  const program = spawn('unshare', [...NAMESPACE, ...command], {
    env: { ...process.env, ...sink.env },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  t.after(() => program.kill('SIGKILL'))
  const [line] = await once(createInterface(program.stdout), 'line')
  const port = /^listening (\d+)$/.exec(line)?.[1]
  const ask = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).text()

  assert.equal(await ask('/first'), '1')
  assert.equal(await ask('/signal'), '1')
  assert.equal(await ask('/later'), '1')
  await sink.traces(3)
  await ask('/end')
  assert.deepEqual(await once(program, 'exit'), [0, null])
  const spans = await sink.settled()
  assert.deepEqual(
    spans.map(({ attributes }) => [attributes['url.path'], attributes['autospan.incomplete']]),
    ['/first', '/signal', '/later', '/end'].map((path) => [path, undefined]),
  )
})
