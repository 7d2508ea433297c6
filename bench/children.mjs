// Starts processes and sees to it that none outlives the bench.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { HELPER_CORE, pinned } from './pin.mjs'

const children = new Set()

process.on('exit', killAll)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    killAll()
    process.exit(1)
  })
}

/** `stdio` as in spawn; the child is killed when the bench ends, however it ends. */
export function start(core, command, { env = process.env, stdio }) {
  const [file, ...args] = pinned(core, command)
  const child = spawn(file, args, { env, stdio })
  children.add(child)
  child.on('exit', () => children.delete(child))
  child.on('error', () => children.delete(child))
  return child
}

/** Ends a child that has nothing more to say. */
export async function kill(child) {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}

/** Rejects when `promise` takes longer. */
export async function within(millis, what, promise) {
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${millis / 1000} s`)), millis)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Sends a question over the IPC channel and waits for its one answer. */
export async function ask(child, question, millis = 60_000) {
  const name = child.spawnargs.at(-1)
  let stop
  const answered = new Promise((resolve, reject) => {
    const onMessage = (answer) => (answer.error === undefined ? resolve(answer) : reject(new Error(answer.error)))
    const onExit = (code, signal) => reject(new Error(`${name} ended (${code ?? signal}) before it answered`))
    stop = () => child.off('message', onMessage).off('exit', onExit)
    child.on('message', onMessage).on('exit', onExit)
    child.send(question, (error) => error && reject(new Error(`${name} has ended: ${error.message}`)))
  })
  try {
    return await within(millis, `the answer of ${name}`, answered)
  } finally {
    stop()
  }
}

/** A process of the bench itself, on the core of the helpers, that answers questions: see `answer` in helper.mjs. */
export function startHelper(file, env = {}) {
  return start(HELPER_CORE, [process.execPath, new URL(file, import.meta.url).pathname], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
}

function killAll() {
  for (const child of children) child.kill('SIGKILL')
}
