import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { constants } from 'node:os'
import { isatty } from 'node:tty'
import { pathToFileURL } from 'node:url'
import { readEnvironment } from '../config/environment.js'

/** The agent's entry, as flags of Node.js name it: a URL holds no blank, which `NODE_OPTIONS` could not. */
export const REGISTER: string = pathToFileURL(createRequire(import.meta.url).resolve('autospan/register')).href

/** Signals that end or control programs, and that a program may be sent through us. */
const FORWARDED: readonly NodeJS.Signals[] = [
  'SIGTERM',
  'SIGHUP',
  'SIGINT',
  'SIGQUIT',
  'SIGUSR2',
  'SIGCONT',
  'SIGWINCH',
]

export interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** The environment in which every program of Node.js has the agent. */
export function withAgent(): NodeJS.ProcessEnv {
  const env = readEnvironment()
  const { NODE_OPTIONS = '' } = env
  const isThere = NODE_OPTIONS.includes(REGISTER)
  return { ...env, NODE_OPTIONS: isThere ? NODE_OPTIONS : `${NODE_OPTIONS} --import=${REGISTER}`.trim() }
}

/**
 * Runs a command with our own input and output, and hands signals on to it.
 *
 * @throws what spawn tells where there is no such command.
 */
export function runCommand(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Ending> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', env })
    for (const signal of FORWARDED) {
      process.on(signal, () => {
        // A terminal sends this one to all of its programs, and twice means something else to many.
        if (signal === 'SIGINT' && isAtTerminal()) return
        child.kill(signal)
      })
    }
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      for (const forwarded of FORWARDED) process.removeAllListeners(forwarded)
      resolve({ code, signal })
    })
  })
}

/** Input and output may be files and pipes, one by one; what is said on stderr is mostly seen. */
function isAtTerminal(): boolean {
  return [0, 1, 2].some((descriptor) => isatty(descriptor))
}

/**
 * Ends this process as the program has ended. A signal does not end the first process of a container, nor do all of them
 * end Node.js: then the code tells it, as that of a shell does.
 */
export function endAs({ code, signal }: Ending): void {
  process.exitCode = signal === null ? (code ?? 1) : 128 + constants.signals[signal]
  if (signal !== null) process.kill(process.pid, signal)
}
