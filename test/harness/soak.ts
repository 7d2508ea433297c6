import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { temporaryFolder } from './folder.js'
import { atEnd, type Owner } from './owner.js'
import { launch } from './program.js'
import { type Answer, Sink, type SinkRequest } from './sink.js'

const APP = 'exit/soaked.mjs'
/** How programs end: by themselves, or by a signal. */
const ENDS = ['exit', 'error', 'empty', 'SIGTERM', 'SIGKILL'] as const
/** Of a killed program the spans of its last moment may be missing: those that were no request on disk yet. */
const LAST_MOMENT_MILLIS = 1000
const DELAY_MILLIS = 100

export interface SoakReport {
  readonly runs: number
  readonly killed: number
  readonly outages: number
  readonly requests: number
  /** Spans that ended for certain. */
  readonly made: number
  readonly delivered: number
  /** Made in the last moment of a program that was killed, and not delivered. */
  readonly lostWithKilled: number
  /** Delivered more than once: by programs that were killed, or ended by their bound, before they knew of the answer. */
  readonly twiceByKilled: number
  readonly twiceByKept: number
  /** What must not be: spans that are missing, and spans that came twice without a reason. */
  readonly missing: readonly string[]
  readonly twice: readonly string[]
}

interface Run {
  readonly name: string
  readonly end: (typeof ENDS)[number]
  readonly log: string
  killedAt: number
  stderr: string
}

/**
 * Floods a collector that fails, goes away and comes back, by programs that share a spool and end in all ways, and
 * accounts for every span. `random` decides, from 0 to 1.
 */
export async function soak(
  owner: Owner,
  { seconds, programs = 2, random = Math.random }: { seconds: number; programs?: number; random?: () => number },
): Promise<SoakReport> {
  const folder = temporaryFolder(owner)
  const spool = join(folder, 'spool')
  const collector = new Collector(random)
  atEnd(owner, () => collector.stop())
  await collector.start()
  const until = performance.now() + seconds * 1000
  const runs: Run[] = []

  async function flood(): Promise<void> {
    while (performance.now() < until) {
      await one(ENDS[Math.floor(random() * ENDS.length)] as Run['end'], 300 + random() * 2500)
    }
  }

  async function one(end: Run['end'], stayMillis: number): Promise<void> {
    const name = `run${runs.length}`
    const run = { name, end, log: join(folder, name), killedAt: 0, stderr: '' }
    runs.push(run)
    const program = launch(owner, APP, {
      env: {
        RUN: name,
        LOG: run.log,
        END: end,
        STAY: String(stayMillis),
        AUTOSPAN_SPOOL_DIRECTORY: spool,
        AUTOSPAN_QUEUE_MAX_BYTES: '65536',
        // Spans that are not recorded have no ids to account for.
        AUTOSPAN_SHEDDING: 'false',
        OTEL_BSP_SCHEDULE_DELAY: String(DELAY_MILLIS),
        OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '128',
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_EXPORTER_OTLP_HEADERS: `x-run=${name}`,
      },
    })
    if (end.startsWith('SIG')) {
      await wait(stayMillis)
      run.killedAt = Date.now()
      program.signal(end as NodeJS.Signals)
    }
    run.stderr = (await program.end(30_000)).stderr
  }

  async function outages(): Promise<void> {
    while (performance.now() < until) {
      await wait(1000 + random() * 3000)
      await collector.stop()
      await wait(500 + random() * 1500)
      await collector.start()
    }
  }

  await Promise.all([outages(), ...Array.from({ length: programs }, flood)])
  collector.isHealthy = true
  // What is left is delivered by the next ones.
  for (let i = 0; i < 20 && requestsIn(spool) > 0; i++) await one('empty', 1500)
  return reportOf(runs, collector)
}

/** A sink that goes away and comes back at the same port. */
class Collector {
  /** By the name of a span the programs that it came from, which may have found it in the spool. */
  readonly senders = new Map<string, string[]>()
  isHealthy = false
  outages = -1
  requests = 0
  #sink: Sink | undefined
  #port = 0
  #isStopping = false
  readonly #random: () => number

  constructor(random: () => number) {
    this.#random = random
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  async start(): Promise<void> {
    this.outages++
    this.#isStopping = false
    this.#sink = new Sink({ port: this.#port, respond: (_index, request) => this.#respond(request) })
    await this.#sink.listen()
    this.#port = this.#sink.port
  }

  async stop(): Promise<void> {
    const sink = this.#sink
    if (sink === undefined) return
    this.#sink = undefined
    this.#isStopping = true
    await sink.idle()
    this.requests += sink.requests.length
    const wrong = sink.takeViolations().filter((violation) => !violation.endsWith('was delivered twice'))
    await sink.close()
    if (wrong.length > 0) throw new Error(wrong.join('\n'))
  }

  async #respond({ spans, headers }: SinkRequest): Promise<Answer | undefined> {
    if (this.#isStopping) return { destroy: true }
    const dice = this.isHealthy ? 1 : this.#random()
    if (dice < 0.06) await wait(this.#random() * 300)
    if (dice < 0.02) return { destroy: true }
    if (dice < 0.1) return { status: 503 }
    if (dice < 0.12) return { status: 429, headers: { 'retry-after': '0' } }
    for (const { name } of spans) {
      const senders = this.senders.get(name)
      if (senders === undefined) this.senders.set(name, [String(headers['x-run'])])
      else senders.push(String(headers['x-run']))
    }
    return undefined
  }
}

async function reportOf(runs: readonly Run[], collector: Collector): Promise<SoakReport> {
  await collector.stop()
  const missing: string[] = []
  const twice: string[] = []
  const killed = new Set(runs.filter(({ end }) => end === 'SIGKILL').map(({ name }) => name))
  const keeping = new Set(runs.filter(({ stderr }) => stderr.includes('autospan: keeps ')).map(({ name }) => name))
  let made = 0
  let lostWithKilled = 0
  let twiceByKilled = 0
  let twiceByKept = 0
  for (const run of runs) {
    const log = logOf(run)
    const count = log.at(-1)?.made ?? 0
    const safe = killed.has(run.name)
      ? (log.findLast(({ at }) => at < run.killedAt - LAST_MOMENT_MILLIS)?.made ?? 0)
      : count
    made += count
    // A burst that was under way when the program was killed is no more in the log.
    for (let i = 0; i < count + 300; i++) {
      const name = `${run.name}-${i}`
      const senders = collector.senders.get(name) ?? []
      if (senders.length === 0 && i < safe) missing.push(`${name} (${run.end})`)
      else if (senders.length === 0 && i < count) lostWithKilled++
      if (senders.length < 2) continue
      const earlier = senders.slice(0, -1)
      if (earlier.every((sender) => killed.has(sender))) twiceByKilled++
      else if (earlier.every((sender) => killed.has(sender) || keeping.has(sender))) twiceByKept++
      else twice.push(`${name} (${senders.join(', ')})`)
    }
  }
  return {
    runs: runs.length,
    killed: killed.size,
    outages: collector.outages,
    requests: collector.requests,
    made,
    delivered: collector.senders.size,
    lostWithKilled,
    twiceByKilled,
    twiceByKept,
    missing,
    twice,
  }
}

function logOf({ log }: Run): { at: number; made: number }[] {
  try {
    // The last line may be torn.
    const lines = readFileSync(log, 'utf8').split('\n').slice(0, -1)
    return lines.map((line) => {
      const [at, made] = line.split(' ')
      return { at: Number(at), made: Number(made) }
    })
  } catch {
    // Killed before it began.
    return []
  }
}

function requestsIn(spool: string): number {
  try {
    return readdirSync(spool, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.pb')).length
  } catch {
    return 0
  }
}
