import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { drawTraces } from './draw.js'
import { atEnd, type Owner, owning } from './owner.js'
import { startSink } from './sink.js'

export interface ProgramOptions {
  /** The whole environment but for PATH and HOME: nothing else of the test's own is inherited. */
  readonly env?: Readonly<Record<string, string>>
  readonly args?: readonly string[]
  /** Flags of Node.js, before the agent's. */
  readonly nodeFlags?: readonly string[]
  /** The binary of Node.js. Default: the one that runs the tests, or `AUTOSPAN_TEST_NODE`. */
  readonly node?: string
  /** False runs the program bare. */
  readonly agent?: boolean
  readonly importFlag?: '--import' | '--require'
  readonly cwd?: string
  /** How long a program may run that is run to its end, or take to start where it is a server. */
  readonly timeoutMillis?: number
}

/** How a program ended. */
export interface Outcome {
  readonly stdout: string
  readonly stderr: string
  /** null after a signal. */
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** From start to end. */
  readonly millis: number
}

/** The project's folder, seen from the compiled tests too. */
export const root = projectRoot(import.meta.dirname)

/**
 * What a busy machine may add to a time that a test bounds. The faults that such bounds are for cost much more: ends
 * that wait for time-outs of 9 s and longer, or for ever.
 */
export const SLACK_MILLIS = 2000

const TIMEOUT_MILLIS = 30_000

/** Runs a program of test/apps to its end, with the agent. Rejects when it has to be killed. */
export async function run(app: string, options: ProgramOptions = {}): Promise<Outcome> {
  const program = new Program(app, options)
  return program.end(options.timeoutMillis ?? TIMEOUT_MILLIS)
}

/** Starts a program of test/apps, with the agent, and waits for nothing. */
export function launch(owner: Owner, app: string, options: ProgramOptions = {}): Program {
  const program = new Program(app, options)
  atEnd(owner, () => program.kill())
  return program
}

/** Starts a server of test/apps, with the agent: a program that prints `listening <port>` when it is ready. */
export async function start(owner: Owner, app: string, options: ProgramOptions = {}): Promise<Server> {
  const server = new Server(app, options)
  atEnd(owner, () => server.kill())
  await server.listening(options.timeoutMillis ?? TIMEOUT_MILLIS)
  return server
}

export interface TraceOptions extends Omit<ProgramOptions, 'env'> {
  /** What to ask of a program that is a server, one after the other: paths to GET, or whole requests. */
  readonly requests?: readonly (string | ({ readonly path: string } & RequestInit))[]
  /** How a program that is run to its end has to end. */
  readonly code?: number
  /** Attributes to draw. */
  readonly attributes?: readonly string[]
}

/**
 * The drawing of what a program traces. A program that gets `requests` is started as a server and stopped by
 * SIGTERM after them, any other is run to its end.
 */
export function traceOf(
  app: string,
  env: Readonly<Record<string, string>> = {},
  { requests, code = 0, attributes = [], ...options }: TraceOptions = {},
): Promise<string> {
  return owning(async (owner) => {
    const sink = await startSink(owner)
    const programOptions = { ...options, env: { ...sink.env, ...env } }
    if (requests === undefined) {
      const outcome = await run(app, programOptions)
      if (outcome.code !== code) throw new Error(`${app} ended with ${told(outcome)}, not with code ${code}`)
    } else {
      const server = await start(owner, app, programOptions)
      for (const request of requests) {
        const { path, ...init } = typeof request === 'string' ? { path: request } : request
        await (await fetch(server.url + path, { redirect: 'manual', ...init })).arrayBuffer()
      }
      await server.stop()
    }
    return drawTraces(await sink.settled(), attributes)
  })
}

const running = new Set<ChildProcess>()

// The last resort: a test process that ends before its tests do leaves nothing behind.
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

export class Program {
  readonly app: string
  /** Never rejects. */
  readonly exited: Promise<Outcome>
  readonly #child: ChildProcess
  #stdout = ''
  #stderr = ''
  #waiting: (() => void)[] = []

  constructor(app: string, options: ProgramOptions) {
    this.app = app
    const startMillis = performance.now()
    const child = spawn(options.node ?? process.env.AUTOSPAN_TEST_NODE ?? process.execPath, argumentsOf(app, options), {
      cwd: options.cwd ?? root,
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    running.add(child)
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text
      this.#changed()
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text
      this.#changed()
    })
    this.exited = new Promise((resolve) => {
      child.on('error', (error) => {
        this.#stderr += `cannot be started: ${error.message}`
      })
      // Not 'exit', after which there may still be output to read.
      child.on('close', (code, signal) => {
        running.delete(child)
        const { stdout, stderr } = this
        resolve({ stdout, stderr, code, signal, millis: performance.now() - startMillis })
        this.#changed()
      })
    })
  }

  get pid(): number {
    return this.#child.pid ?? -1
  }

  get stdout(): string {
    return this.#stdout
  }

  get stderr(): string {
    return this.#stderr
  }

  /** Whether anybody reads what the program writes to stdout: the system takes some of it all the same. */
  set isRead(isRead: boolean) {
    if (isRead) this.#child.stdout?.resume()
    else this.#child.stdout?.pause()
  }

  /** Nobody reads stderr any more, and nobody will: who writes to it is refused. */
  closeStderr(): void {
    this.#child.stderr?.destroy()
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Waits for the program's own end; kills it and rejects when that does not come. */
  async end(timeoutMillis: number): Promise<Outcome> {
    let timer: NodeJS.Timeout | undefined
    const tooLate = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), timeoutMillis)
    })
    const outcome = await Promise.race([this.exited, tooLate])
    clearTimeout(timer)
    if (outcome !== undefined) return outcome
    await this.kill()
    throw new Error(`${this.app} had not ended after ${timeoutMillis} ms and was killed. ${this.said()}`)
  }

  /** Waits for output; rejects when the program ends before, or time does. */
  async printed(
    pattern: RegExp,
    { on = 'stdout', timeoutMillis = TIMEOUT_MILLIS }: { on?: 'stdout' | 'stderr'; timeoutMillis?: number } = {},
  ): Promise<RegExpExecArray> {
    let over = ''
    const timer = setTimeout(() => {
      over = `${timeoutMillis} ms were over`
      this.#changed()
    }, timeoutMillis)
    void this.exited.then((outcome) => {
      over = `it ended with ${ending(outcome)}`
      this.#changed()
    })
    try {
      for (;;) {
        const match = pattern.exec(this[on])
        if (match !== null) return match
        if (over !== '') throw new Error(`${this.app} did not print ${pattern} before ${over}. ${this.said()}`)
        await new Promise<void>((resolve) => this.#waiting.push(resolve))
      }
    } finally {
      clearTimeout(timer)
    }
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL')
    // A grandchild may live on and hold the pipes.
    this.#child.stdout?.destroy()
    this.#child.stderr?.destroy()
    await this.exited
  }

  protected said(): string {
    return outputs(this.#stdout, this.#stderr)
  }

  #changed(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}

export class Server extends Program {
  #port = 0

  get port(): number {
    return this.#port
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  async listening(timeoutMillis: number): Promise<void> {
    const [, port] = await this.printed(/^listening (\d+)$/m, { timeoutMillis })
    this.#port = Number(port)
  }

  /** Sends the signal and waits for the end; kills and rejects when the program outlives it. */
  stop(signal: NodeJS.Signals = 'SIGTERM', timeoutMillis = 10_000): Promise<Outcome> {
    this.signal(signal)
    return this.end(timeoutMillis)
  }
}

function argumentsOf(app: string, { agent = true, importFlag = '--import', ...options }: ProgramOptions): string[] {
  const register = join(root, 'register.mjs')
  const agentFlags = agent ? [importFlag, importFlag === '--import' ? pathToFileURL(register).href : register] : []
  return [...(options.nodeFlags ?? []), ...agentFlags, resolve(root, 'test/apps', app), ...(options.args ?? [])]
}

/** How the program ended and what it said, for the message of a failure. */
export function told(outcome: Outcome): string {
  return `${ending(outcome)}. ${outputs(outcome.stdout, outcome.stderr)}`
}

function ending({ code, signal }: Outcome): string {
  return signal === null ? `code ${code}` : `signal ${signal}`
}

function outputs(stdout: string, stderr: string): string {
  return `It said on stdout:\n${stdout || '(nothing)'}\nand on stderr:\n${stderr || '(nothing)'}`
}

function projectRoot(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder
  const parent = dirname(folder)
  if (parent === folder) throw new Error(`no package.json above ${import.meta.dirname}`)
  return projectRoot(parent)
}
