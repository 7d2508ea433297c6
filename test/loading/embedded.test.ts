import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { drawTraces, trace } from '../harness/draw.js'
import { temporaryFolder } from '../harness/folder.js'
import { root, run, told } from '../harness/program.js'
import { startSink } from '../harness/sink.js'

const exec = promisify(execFile)
const node = process.env.AUTOSPAN_TEST_NODE ?? process.execPath
const program = join(root, 'test/apps/embedded/program.cjs')
const NODE_OPTIONS = `--require "${join(root, 'register.mjs')}"`
const TRACED = trace`
  GET   CLIENT 200
    GET SERVER 200
`
test('a program that starts from a snapshot is traced, and the making of the snapshot is not', async (t) => {
  const blob = join(temporaryFolder(t), 'snapshot.blob')
  const made = await exec(node, ['--snapshot-blob', blob, '--build-snapshot', program], { env: { NODE_OPTIONS } })
  assert.doesNotMatch(made.stderr, /autospan/)
  const sink = await startSink(t)
  const outcome = await run(program, {
    agent: false,
    nodeFlags: ['--snapshot-blob', blob],
    env: { ...sink.env, NODE_OPTIONS },
  })
  assert.equal(outcome.code, 0, told(outcome))
  assert.equal(drawTraces(await sink.settled()), TRACED)
})
