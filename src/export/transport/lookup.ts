import type { LookupAddress, LookupOptions, Resolver } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { clearTimeout, setTimeout } from '../../context/timers.js'
import { diag } from '../../diag/diag.js'

/** How long the name servers may take: less than the end of the program may, so that it can be told what was wrong. */
const LIMIT_MILLIS = 800
/** After this time a question is asked again, or of the next server. */
const ASK_AGAIN_MILLIS = 300

/** What becomes of a question when there is no answer. */
const NO_ANSWER: ReadonlySet<unknown> = new Set(['ECANCELLED', 'ETIMEOUT'])

/**
 * Looks up a host name as `dns.lookup` does, but for one thing: it can be called off. `dns.lookup` asks
 * the C library on a thread for which the process waits when it ends, 10 seconds and more where no name
 * server answers. So the name servers are asked directly, and the C library only where it needs none of
 * them, or where they have shown that they answer and know nothing: it has other ways to find a name.
 */
export class NameLookup {
  readonly #servers: readonly string[] | undefined
  readonly #underWay = new Set<Resolver>()

  /** `servers` are those of the system where left out. */
  constructor(servers?: readonly string[]) {
    this.#servers = servers
  }

  /** True while an answer is waited for, which keeps the process alive. */
  get isUnderWay(): boolean {
    return this.#underWay.size > 0
  }

  readonly lookup: LookupFunction = (name, options, callback) => {
    const dns = process.getBuiltinModule('node:dns')
    const answer = (addresses: readonly LookupAddress[] | undefined): void => {
      if (addresses === undefined) dns.lookup(name, options, callback)
      else if (options.all === true) callback(null, [...addresses])
      else callback(null, addresses[0]?.address ?? '', addresses[0]?.family)
    }
    this.#ask(name, options)
      .then(answer, (error) => callback(error, ''))
      .catch((error) => diag.fault('the look-up of names', error))
  }

  cancel(): void {
    for (const resolver of this.#underWay) resolver.cancel()
  }

  /**
   * The addresses that the name servers know; undefined where the C library is to be asked.
   *
   * @throws an error of code EAI_AGAIN where no server answers.
   */
  async #ask(name: string, { family }: LookupOptions): Promise<readonly LookupAddress[] | undefined> {
    if (/^localhost$|\.localhost$/i.test(name) || isInHostsFile(name)) return undefined
    const resolver = new (process.getBuiltinModule('node:dns').Resolver)({ timeout: ASK_AGAIN_MILLIS, tries: 3 })
    if (this.#servers !== undefined) resolver.setServers(this.#servers)
    this.#underWay.add(resolver)
    const timer = setTimeout(() => resolver.cancel(), LIMIT_MILLIS)
    timer.unref()
    try {
      // All at once: one after the other, the names that Kubernetes has searched take longer than there is time.
      const answers = candidates(name).map((candidate) => addressesOf(resolver, candidate, family))
      for (const answer of answers) answer.catch(() => {})
      for (const answer of answers) {
        const addresses = await answer
        if (addresses.length > 0) return addresses
      }
      return undefined
    } finally {
      clearTimeout(timer)
      resolver.cancel()
      this.#underWay.delete(resolver)
    }
  }
}

async function addressesOf(
  resolver: Resolver,
  name: string,
  family: LookupOptions['family'],
): Promise<readonly LookupAddress[]> {
  const [four, six] = await Promise.all([
    family === 6 || family === 'IPv6' ? [] : answerOf((callback) => resolver.resolve4(name, callback)),
    family === 4 || family === 'IPv4' ? [] : answerOf((callback) => resolver.resolve6(name, callback)),
  ])
  const addresses = [
    ...(four ?? []).map((address) => ({ address, family: 4 })),
    ...(six ?? []).map((address) => ({ address, family: 6 })),
  ]
  if (addresses.length === 0 && (four === undefined || six === undefined)) {
    throw Object.assign(new Error('the name servers do not answer'), { code: 'EAI_AGAIN' })
  }
  return addresses
}

/** Undefined where no server has answered. */
function answerOf(
  ask: (callback: (error: NodeJS.ErrnoException | null, addresses: string[]) => void) => void,
): Promise<string[] | undefined> {
  return new Promise((resolve) => {
    ask((error, addresses) => resolve(error === null ? addresses : NO_ANSWER.has(error.code) ? undefined : []))
  })
}

/** The names to ask for, in the order of resolv.conf(5): a short name is meant within the domain of the machine. */
function candidates(name: string): string[] {
  if (name.endsWith('.')) return [name]
  const { domains, dots } = searchList()
  const searched = domains.map((domain) => `${name}.${domain}`)
  return name.split('.').length - 1 >= dots ? [name, ...searched] : [...searched, name]
}

function searchList(): { domains: readonly string[]; dots: number } {
  let domains: readonly string[] = []
  let dots = 1
  for (const line of linesOf('/etc/resolv.conf')) {
    const [key, ...values] = line.trim().split(/\s+/)
    if (key === 'search' || key === 'domain')
      domains = values.map((domain) => domain.replace(/\.$/, '')).filter(Boolean)
    if (key === 'options') dots = Number(/\bndots:(\d+)/.exec(line)?.[1] ?? dots)
  }
  return { domains, dots }
}

function isInHostsFile(name: string): boolean {
  const wanted = name.toLowerCase()
  return linesOf('/etc/hosts').some((line) => {
    const [, ...names] = line.replace(/#.*/, '').trim().toLowerCase().split(/\s+/)
    return names.includes(wanted)
  })
}

function linesOf(path: string): string[] {
  try {
    return process.getBuiltinModule('node:fs').readFileSync(path, 'utf8').split('\n')
  } catch {
    return []
  }
}
