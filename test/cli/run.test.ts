import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { root } from '../harness/program.js'
import { startSink } from '../harness/sink.js'
import { autospan } from './cli.js'

const PROGRAM = join(root, 'test/apps/cli/program.cjs')

for (const [form, args] of [
  ['autospan run program', [PROGRAM]],
  ['autospan run -- command', ['--', 'node', PROGRAM]],
] as const) {
  test(`${form}: the program has the agent, its arguments, its input and its exit code`, async () => {
    const outcome = await autospan(['run', ...args, '3', '--flag', 'a b', '--help'], {
      env: { OTEL_LOG_LEVEL: 'none' },
      input: 'typed\n',
    })
    const started = JSON.stringify({ args: ['3', '--flag', 'a b', '--help'], traced: true })
    assert.deepEqual(outcome, { stdout: `${started}\ntyped\n`, stderr: '', code: 3, signal: null })
  })

  test(`${form}: signals reach the program, and its end by one is ours`, async () => {
    const env = { OTEL_LOG_LEVEL: 'none' }
    let isTold = false
    const waiting = await autospan(['run', ...args, 'wait'], {
      env,
      onOutput(child, stdout) {
        if (isTold || !stdout.includes('waiting')) return
        isTold = true
        child.kill('SIGTERM')
      },
    })
    assert.match(waiting.stdout, /told to end\n$/)
    assert.deepEqual([waiting.code, waiting.signal], [7, null])
    assert.equal((await autospan(['run', ...args, 'signal'], { env })).signal, 'SIGKILL')
  })
}

test('Ctrl+C is left to the terminal, which tells all of its programs, at the end of a pipe too', {
  skip: spawnSync('script', ['--version']).status !== 0 && 'there is no script(1)',
}, async (t) => {
  // In a session of its own the program is told nothing by the terminal, and only what is handed on to it.
  const program = `setsid ${process.execPath} ${join(root, 'test/apps/cli/interrupted.cjs')}`
  const command = `true | ${process.execPath} ${join(root, 'dist/cli.cjs')} run -- ${program}`
  const terminal = spawn('script', ['-qec', command, '/dev/null'], {
    env: { PATH: process.env.PATH, OTEL_SDK_DISABLED: 'true' },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  t.after(() => terminal.kill('SIGKILL'))
  const heard: string[] = []
  for await (const text of terminal.stdout.setEncoding('utf8')) {
    const before = heard.join('')
    heard.push(text)
    if (!before.includes('waiting') && heard.join('').includes('waiting')) terminal.stdin.write('\x03')
    // The terminal's echo: the signal has been sent, and comes before the next one.
    if (!before.includes('^C') && heard.join('').includes('^C'))
      process.kill(Number(/under (\d+)/.exec(heard.join(''))?.[1]), 'SIGUSR2')
  }
  assert.match(heard.join(''), /interrupted 0 times\r\n$/)
})

test('the end by a signal that does not end us is told by the exit code', async () => {
  // Node.js ignores it, as the first process of a container does most of them.
  const { code, signal } = await autospan(['run', '--', 'sh', '-c', 'kill -PIPE $$'])
  assert.deepEqual([code, signal], [141, null])
})

test('the spans of a program that is run arrive', async (t) => {
  const sink = await startSink(t)
  await autospan(['run', '--no-warnings', join(root, 'test/apps/boot/traced.mjs')], {
    env: sink.env,
  })
  assert.equal((await sink.spans(2)).length, 2)
})

test('help and mistakes are told, and nothing is run', async () => {
  for (const [args, code, stdout, stderr] of [
    [[], 0, /^autospan \d.*\n\nUsage\n/s, /^$/],
    [['--help'], 0, /autospan doctor/, /^$/],
    [['help', 'doctor'], 0, /Exit code: 0 where all is fine/, /^$/],
    [['run', '--help'], 0, /Runs a program with the agent/, /^$/],
    [['doctor', '-h'], 0, /Looks at all that can be wrong/, /^$/],
    [['--version'], 0, /^\d+\.\d+\.\d+\n$/, /^$/],
    [
      ['runn'],
      2,
      /^$/,
      /^autospan: there is no command runn \(did you mean run\?\); autospan --help tells what there is\n$/,
    ],
    [['run'], 2, /^$/, /there is nothing to run/],
    [['run', '--'], 2, /^$/, /there is no command behind --/],
    [['doctor', 'app.js'], 2, /^$/, /doctor does not know app\.js; a command stands behind --/],
    [['run', '--', 'no-such-command-anywhere'], 1, /^$/, /^autospan: spawn no-such-command-anywhere ENOENT\n$/],
  ] as const) {
    const outcome = await autospan(args)
    assert.equal(outcome.code, code, args.join(' '))
    assert.match(outcome.stdout, stdout)
    assert.match(outcome.stderr, stderr)
  }
})
