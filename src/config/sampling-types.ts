import { createRequire } from 'node:module'
import type { SamplingRule } from '../trace/rules.js'
import type { KeepConfig, RemoteSamplerConfig } from './config.js'
import { ratio, type Type } from './parse.js'

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
