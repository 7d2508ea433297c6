import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { root } from '../harness/program.js'

export interface CliOutcome {
  readonly stdout: string
  readonly stderr: string
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly input?: string
  /** Called with each piece of stdout. */
  readonly onOutput?: (child: ChildProcess, stdout: string) => void
}

/** Runs `autospan` to its end, with nothing of the test's own environment. */
export function autospan(args: readonly string[], options: CliOptions = {}): Promise<CliOutcome> {
  const node = process.env.AUTOSPAN_TEST_NODE ?? process.execPath
  const child = spawn(node, [join(root, 'dist/cli.cjs'), ...args], {
    cwd: options.cwd ?? root,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...options.env },
    stdio: 'pipe',
    timeout: 60_000,
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    options.onOutput?.(child, stdout)
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  child.stdin.end(options.input ?? '')
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ stdout, stderr, code, signal }))
  })
}
