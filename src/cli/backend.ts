import { lookup } from 'node:dns/promises'
import { connect, isIP } from 'node:net'
import type { Config, LogsConfig, MetricsConfig, OtlpConfig, SignalName, TracesConfig } from '../config/config.js'
import { printableUrl } from '../export/transport/printable-url.js'
import { transportSettings } from '../export/transport/transport.js'
import { createTransport } from '../export/transport/transports.js'
import { Redactor } from '../redaction.js'
import { createResource } from '../resource/detect.js'
import type { Resource } from '../resource/resource.js'
import { VERSION } from '../version.js'
import { type Explanation, explainAnswer, explainError, explainReason } from './explain.js'
import { answerTimeoutMillis, failure, post } from './post.js'
import type { Report } from './report.js'
import { SAMPLES, type Sample } from './samples.js'

const CONNECT_TIMEOUT_MILLIS = 3000

/** A signal in words. */
interface Words {
  readonly many: string
  readonly one: string
}

const SIGNALS: readonly (readonly [SignalName, Words])[] = [
  ['traces', { many: 'spans', one: 'span' }],
  ['metrics', { many: 'metrics', one: 'metric' }],
  ['logs', { many: 'log records', one: 'log record' }],
]

/**
 * Goes the way of each signal, step by step until one fails: the name, the connection, a record. The record is a real
 * one, for backends answer otherwise to a request with nothing in it; it is marked, and told how it can be found.
 */
export async function reportBackend(report: Report, config: Config, entryFile: string): Promise<void> {
  const resource = createResource(config, VERSION, { entryFile })
  const shown = config.redaction === undefined ? resource : new Redactor(config.redaction).resource(resource)
  const backend = new Backend(report, config, shown)
  for (const [signal, words] of SIGNALS) await backend.report(signal, words)
}

class Backend {
  readonly #report: Report
  readonly #config: Config
  readonly #resource: Resource
  /** By host: undefined where there is a connection. */
  readonly #hosts = new Map<string, Explanation | undefined>()
  /** What has been told of an origin: signals that get the same answer have one problem. */
  readonly #told = new Set<string>()

  constructor(report: Report, config: Config, resource: Resource) {
    this.#report = report
    this.#config = config
    this.#resource = resource
  }

  async report(signal: SignalName, { many, one }: Words): Promise<void> {
    const { exporters, otlp }: TracesConfig | MetricsConfig | LogsConfig = this.#config[signal]
    const others = exporters.filter((exporter) => exporter !== 'otlp')
    if (others.length === exporters.length) {
      const nowhere = `nowhere: OTEL_${signal.toUpperCase()}_EXPORTER=none`
      this.#report.note(`${many} go ${exporters.length === 0 ? nowhere : `to: ${others.join(', ')}`}`)
      return
    }
    const { url, proxy, protocol } = otlp
    this.#report.note(`${many} go to ${printableUrl(url, protocol)} as ${protocol}`)
    if (proxy !== undefined) this.#report.note(`through the proxy ${proxy.name}`)
    const isDirect = proxy === undefined && url.protocol !== 'http+unix:'
    try {
      if (isDirect && !(await this.#reach(url))) return
      const sample = SAMPLES[signal](this.#config, this.#resource)
      const isPlain = isDirect && protocol !== 'grpc'
      const problem = isPlain ? await ask(otlp, sample, signal) : await deliver(otlp, sample, signal, one)
      if (problem === undefined) this.#report.fine(`a test ${one} was taken: ${sample.trait}`)
      else this.#refused(problem, url, signal)
    } catch (error) {
      this.#refused(explainError(error as NodeJS.ErrnoException, url), url, signal)
    }
  }

  /** One problem of a server is told once, whatever it has been asked. */
  #refused({ problem, advice, fault = problem }: Explanation, url: URL, signal: SignalName): void {
    const key = `${url.origin} ${fault}`
    if (this.#told.has(key)) this.#report.note('the answer is the same')
    else if (this.#isSent(signal)) this.#report.problem(problem, advice)
    else this.#report.note(`${problem}; it matters to programs only that use the logs API`)
    this.#told.add(key)
  }

  /** Log records are made by request only, or by programs themselves. */
  #isSent(signal: SignalName): boolean {
    const { sources, exceptions } = this.#config.logs
    return signal !== 'logs' || sources.size > 0 || exceptions !== undefined
  }

  /** @returns whether a connection can be had */
  async #reach(url: URL): Promise<boolean> {
    if (!this.#hosts.has(url.host)) {
      const problem = await this.#connect(url)
      this.#hosts.set(url.host, problem)
      if (problem !== undefined) this.#report.problem(problem.problem, problem.advice)
      return problem === undefined
    }
    const isThere = this.#hosts.get(url.host) === undefined
    if (!isThere) this.#report.note('which cannot be reached either')
    return isThere
  }

  async #connect(url: URL): Promise<Explanation | undefined> {
    try {
      await reportName(this.#report, url)
      await reportConnection(this.#report, url)
      return undefined
    } catch (error) {
      return explainError(error as NodeJS.ErrnoException, url)
    }
  }
}

async function reportName(report: Report, url: URL): Promise<void> {
  const host = hostOf(url)
  if (isIP(host) !== 0) return
  const addresses = await lookup(host, { all: true })
  report.fine(`${host} is ${addresses.map(({ address }) => address).join(', ')}`)
}

async function reportConnection(report: Report, url: URL): Promise<void> {
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80)
  const began = performance.now()
  await new Promise<void>((resolve, reject) => {
    const socket = connect({ host: hostOf(url), port, timeout: CONNECT_TIMEOUT_MILLIS })
    socket.on('connect', () => {
      socket.destroy()
      resolve()
    })
    socket.on('timeout', () =>
      socket.destroy(failure('ETIMEDOUT', `no connection within ${CONNECT_TIMEOUT_MILLIS} ms`)),
    )
    socket.on('error', reject)
  })
  report.fine(`connected to port ${port} in ${Math.round(performance.now() - began)} ms`)
}

async function ask(otlp: OtlpConfig, sample: Sample, signal: SignalName): Promise<Explanation | undefined> {
  return explainAnswer(await post(otlp, sample), otlp, signal)
}

/** By the agent's own transport, where its way is not a plain request of HTTP. */
async function deliver(
  otlp: OtlpConfig,
  { body, contentType }: Sample,
  signal: SignalName,
  one: string,
): Promise<Explanation | undefined> {
  const transport = createTransport(transportSettings(otlp, contentType, VERSION))
  // The agent keeps no program alive, and here it is the program.
  const alive = setInterval(() => {}, 1000)
  const answer = await transport.post(body, answerTimeoutMillis(otlp))
  clearInterval(alive)
  transport.close()
  return answer.kind === 'accepted' ? undefined : explainReason(answer.reason, otlp, signal, one)
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '')
}
