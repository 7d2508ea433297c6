import type { SamplingRule } from '../trace/rules.js'
import { quoted } from './complaint.js'
import type { KeepConfig, RemoteSamplerConfig } from './config.js'
import { integer, type Parsed, ratio, split, url } from './parse.js'

/** Rules that count; each is compared with every trace that begins. */
const MAX_RULES = 100
/** Characters of one rule; its patterns take a time that grows with their stars. */
const MAX_RULE_CHARS = 200
/** Stars of one pattern. */
const MAX_STARS = 4
/** Bad rules that one line names. */
const MAX_NAMED = 3

const POSITIVE = integer(1)

/** The address and paces that the specification's example has; the share until the first answer is Jaeger's own. */
export const DEFAULT_REMOTE: RemoteSamplerConfig = {
  endpoint: 'http://localhost:5778',
  pollingIntervalMillis: 60_000,
  initialShare: 0.001,
}

export function parseRules(text: string): Parsed<readonly SamplingRule[]> {
  const rules: SamplingRule[] = []
  const faults: string[] = []
  const entries = text
    .split(';')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
  for (const entry of entries) {
    const rule = rules.length < MAX_RULES ? parseRule(entry) : `is beyond the first ${MAX_RULES}`
    if (typeof rule === 'string') faults.push(`${quoted(entry)}, which ${rule}`)
    else rules.push(rule)
  }
  const value = rules.length === 0 ? undefined : rules
  if (faults.length === 0) return { value }
  const named = faults.slice(0, MAX_NAMED)
  if (faults.length > MAX_NAMED) named.push(`${faults.length - MAX_NAMED} more`)
  return { value, problem: `holds ${named.join(', and ')}` }
}

/** @returns what is wrong with it, where it is no rule */
function parseRule(entry: string): SamplingRule | string {
  if (entry.length > MAX_RULE_CHARS) return `is longer than ${MAX_RULE_CHARS} characters`
  const equals = entry.lastIndexOf('=')
  if (equals < 0) return 'has no rate: =0.1, or =10/s'
  const rate = parseRate(entry.slice(equals + 1).trim())
  if (rate === undefined) return 'has a rate that is neither a number from 0 to 1 nor one like 10/s'
  let method: string | undefined
  let path: string | undefined
  const attributes: (readonly [string, string])[] = []
  const conditions = entry
    .slice(0, equals)
    .split(/\s+/)
    .filter((condition) => condition !== '')
  if (conditions.length === 0) return 'has no condition: * is for all'
  for (const condition of conditions) {
    const [, key, pattern] = /^([\w.-]+)=(.+)$/s.exec(condition) ?? []
    if (condition.replace(/\*+/g, '*').split('*').length - 1 > MAX_STARS) return `has more than ${MAX_STARS} stars`
    if (condition.startsWith('/')) path = condition
    else if (key !== undefined && pattern !== undefined) attributes.push([key, pattern])
    else if (/^[A-Z]+$/.test(condition)) method = condition
    else if (condition !== '*')
      return `has the condition ${quoted(condition)}: GET, /path*, host=name or attribute=value`
  }
  return { method, path, attributes, rate }
}

function parseRate(text: string): SamplingRule['rate'] | undefined {
  const perSecond = /^(\d+(?:\.\d+)?)\/s$/.exec(text)?.[1]
  if (perSecond !== undefined) return Number(perSecond) > 0 ? { perSecond: Number(perSecond) } : { share: 0 }
  const share = ratio.parse(text).value
  return share === undefined ? undefined : { share }
}

/** The settings of the samplers named `jaeger_remote`, as the specification has them. */
export function parseRemote(text: string): Parsed<RemoteSamplerConfig> {
  const value = { ...DEFAULT_REMOTE }
  const faults: string[] = []
  for (const entry of split(text)) {
    const equals = entry.indexOf('=')
    const key = entry.slice(0, Math.max(0, equals)).trim()
    const argument = entry.slice(equals + 1).trim()
    if (key === 'endpoint') {
      const { value: endpoint, problem } = url.parse(argument)
      if (endpoint !== undefined && endpoint.protocol !== 'http+unix:') value.endpoint = endpoint.href
      if (problem !== undefined) faults.push(`its endpoint ${problem}`)
    } else if (key === 'pollingIntervalMs') {
      const { value: millis, problem } = POSITIVE.parse(argument)
      if (millis === undefined) faults.push(`its pollingIntervalMs ${problem}`)
      else value.pollingIntervalMillis = millis
    } else if (key === 'initialSamplingRate') {
      const { value: share, problem } = ratio.parse(argument)
      if (share === undefined) faults.push(`its initialSamplingRate ${problem}`)
      else value.initialShare = share
    } else faults.push(`it holds ${quoted(entry)}, which is not known`)
  }
  return faults.length === 0 ? { value } : { value, problem: `cannot be used in full: ${faults.join(', and ')}` }
}

export function parseKeep(text: string): Parsed<Omit<KeepConfig, 'maxSpans'>> {
  let errors = false
  let slowMillis = Number.POSITIVE_INFINITY
  const unknown: string[] = []
  for (const entry of split(text)) {
    const slow = /^slow:(\d{1,9})$/i.exec(entry)
    if (/^errors$/i.test(entry)) errors = true
    else if (slow !== null) slowMillis = Number(slow[1])
    else unknown.push(quoted(entry))
  }
  const value = errors || slowMillis < Number.POSITIVE_INFINITY ? { errors, slowMillis } : undefined
  if (unknown.length === 0) return { value }
  return { value, problem: `holds ${unknown[0]}, which is neither errors nor slow:<milliseconds>` }
}

export function parseNetworks(text: string): Parsed<readonly string[]> {
  const { isIP } = process.getBuiltinModule('node:net')
  const isNetwork = (entry: string): boolean => {
    const [, address = '', bits = '0'] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(entry) ?? []
    return isIP(address) !== 0 && Number(bits) <= (isIP(address) === 6 ? 128 : 32)
  }
  const entries = split(text)
  const value = entries.filter(isNetwork)
  if (value.length === entries.length) return { value }
  const bad = quoted(entries.find((entry) => !isNetwork(entry))!)
  const problem = `holds ${bad}, which is neither an address nor a network as 10.0.0.0/8`
  return { value: value.length === 0 ? undefined : value, problem }
}
