import { createRequire } from 'node:module'
import type { SamplingRule } from '../trace/rules.js'
import type { CallersConfig, KeepConfig, RemoteSamplerConfig, SamplerName, SamplingConfig } from './config.js'
import { ratio, type Type } from './parse.js'
import type { Settings } from './settings.js'

const require = createRequire(import.meta.url)

/** What reads them is loaded where one of them is set. */
function texts(): typeof import('./sampling-texts.js') {
  return require('./sampling-texts.js') as typeof import('./sampling-texts.js')
}

/** What `OTEL_TRACES_SAMPLER_ARG` may be, by the sampler: a share, or where a Jaeger service tells one. */
export type SamplerArgument = number | RemoteSamplerConfig

/** A number from 0 to 1, or `endpoint=...,pollingIntervalMs=...,initialSamplingRate=...`. */
export const samplerArgument: Type<SamplerArgument> = {
  name: 'ratio from 0 to 1, or endpoint=...,pollingIntervalMs=...,initialSamplingRate=...',
  parse: (text) => (text.includes('=') ? texts().parseRemote(text) : ratio.parse(text)),
  show: (value) => (typeof value === 'number' ? String(value) : value.endpoint),
}

/** Entries as `GET /health*=0`, separated by semicolons; what is no rule is left out. */
export const samplingRules: Type<readonly SamplingRule[]> = {
  name: 'rules, separated by semicolons',
  parse: (text) => texts().parseRules(text),
  show: (rules) => `${rules.length} ${rules.length === 1 ? 'rule' : 'rules'} of it`,
}

/** `errors`, `slow:1000` with milliseconds, or both. */
export const keep: Type<Omit<KeepConfig, 'maxSpans'>> = {
  name: 'list of errors, slow:<milliseconds>',
  parse: (text) => texts().parseKeep(text),
  show: ({ errors, slowMillis }) =>
    [...(errors ? ['errors'] : []), ...(slowMillis < Number.POSITIVE_INFINITY ? [`slow:${slowMillis}`] : [])].join(','),
}

/** Addresses, and networks as `10.0.0.0/8`; what is neither is left out. */
export const networks: Type<readonly string[]> = {
  name: 'list of addresses and networks',
  parse: (text) => texts().parseNetworks(text),
  show: (value) => value.join(','),
}

export function readSampling(settings: Settings): SamplingConfig {
  const sampler = settings.read('OTEL_TRACES_SAMPLER')
  return Object.freeze({
    sampler,
    share: 1,
    remote: undefined,
    ...readArgument(settings, sampler),
    rules: settings.read('AUTOSPAN_SAMPLING_RULES') ?? [],
    keep: readKeep(settings),
    callers: readCallers(settings),
  })
}

function readArgument(settings: Settings, sampler: SamplerName): { share?: number; remote?: RemoteSamplerConfig } {
  const isRemote = sampler.endsWith('jaeger_remote')
  if (!isRemote && !sampler.endsWith('traceidratio')) {
    sayIdle(settings, sampler)
    return {}
  }
  const argument = settings.read('OTEL_TRACES_SAMPLER_ARG')
  if (isRemote ? typeof argument === 'object' : typeof argument === 'number') {
    return typeof argument === 'number' ? { share: argument } : { remote: argument }
  }
  // Of a Jaeger sampler's argument the default is one of another kind.
  if (settings.given('OTEL_TRACES_SAMPLER_ARG') !== undefined)
    settings.complain('OTEL_TRACES_SAMPLER_ARG', `is no argument of ${sampler}`, 'it is ignored')
  return isRemote ? { remote: texts().DEFAULT_REMOTE } : {}
}

/** Of an argument that no sampler reads; not where another one was meant, for that has been said. */
function sayIdle(settings: Settings, sampler: SamplerName): void {
  if (settings.given('OTEL_TRACES_SAMPLER_ARG') === undefined) return
  const wanted = settings.given('OTEL_TRACES_SAMPLER')
  if (wanted !== undefined && wanted.toLowerCase() !== sampler) return
  const ratio: SamplerName = sampler.startsWith('parentbased') ? 'parentbased_traceidratio' : 'traceidratio'
  const problem = `has no effect with OTEL_TRACES_SAMPLER=${sampler}: samplers named traceidratio read it, as ${ratio}`
  settings.complain('OTEL_TRACES_SAMPLER_ARG', problem, 'it is ignored')
}

function readKeep(settings: Settings): KeepConfig | undefined {
  const wish = settings.read('AUTOSPAN_KEEP')
  const maxSpans = settings.read('AUTOSPAN_KEEP_MAX_SPANS')
  return wish === undefined ? undefined : Object.freeze({ ...wish, maxSpans })
}

function readCallers(settings: Settings): CallersConfig {
  return Object.freeze({
    policy: settings.read('AUTOSPAN_CALLERS'),
    trusted: settings.read('AUTOSPAN_TRUSTED_CALLERS') ?? [],
  })
}
