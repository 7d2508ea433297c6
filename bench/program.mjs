// A program under an agent.
import { fileURLToPath } from 'node:url'
import { ask, kill, start, within } from './children.mjs'
import { PROGRAM_CORE } from './pin.mjs'

const PROBE = fileURLToPath(new URL('probe.cjs', import.meta.url))

export class Program {
  #child

  /** Starts `apps/<file>` and waits for the port on its first line. `node` is its path, or what runs it with its arguments. */
  static async start(node, agent, file, env, core = PROGRAM_CORE, hasProbe = true) {
    const program = new Program()
    const probe = hasProbe ? ['--require', PROBE] : []
    const command = [...[node].flat(), ...probe, ...agent.flags(kindOf(file)), appPath(file)]
    const child = start(core, command, { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
    program.#child = child
    const said = []
    child.stderr.on('data', (chunk) => said.length < 100 && said.push(String(chunk)))
    try {
      program.port = Number(await within(30_000, `the start of ${file} with ${agent.name}`, firstLine(child)))
    } catch (error) {
      await kill(child)
      throw new Error(`${error.message}\n${said.join('')}`)
    }
    program.said = said
    return program
  }

  get pid() {
    return this.#child.pid
  }

  /** CPU time of all threads since the start, in microseconds. */
  async cpuMicros() {
    const { cpu } = await ask(this.#child, 'usage', 30_000)
    return cpu.user + cpu.system
  }

  /** Bytes, as process.memoryUsage() gives them. */
  async memory() {
    const { memory } = await ask(this.#child, 'usage', 30_000)
    return memory
  }

  /** For a program with a probe of its own. */
  ask(question) {
    return ask(this.#child, question)
  }

  stop() {
    return kill(this.#child)
  }
}

export function appPath(file) {
  return fileURLToPath(new URL(`apps/${file}`, import.meta.url))
}

export function kindOf(file) {
  return file.endsWith('.mjs') ? 'esm' : 'cjs'
}

/** The environment of a program: the runner's, less what would set an agent or a preload. */
export function programEnv(...more) {
  const env = { ...process.env }
  for (const name of Object.keys(env)) {
    if (/^(OTEL_|DD_|FLOOR_|NODE_OPTIONS$|NODE_ENV$)/.test(name)) delete env[name]
  }
  return Object.assign(env, { NODE_ENV: 'production' }, ...more)
}

/** The first line on stdout; what comes after it is read and forgotten. */
export function firstLine(child) {
  return new Promise((resolve, reject) => {
    let text = ''
    child.stdout.setEncoding('utf8')
    child.stdout.on('data', (chunk) => {
      text += chunk
      const end = text.indexOf('\n')
      if (end !== -1) resolve(text.slice(0, end))
      text = text.slice(-1000)
    })
    child.on('error', reject)
    child.on('exit', (code, signal) => reject(new Error(`ended (${code ?? signal}) before its first line`)))
  })
}
