import { createRequire } from 'node:module'
import type { CallersConfig, KeepConfig, RemoteSamplerConfig, SamplerName, SamplingConfig } from './config.js'
import type { Settings } from './settings.js'

const require = createRequire(import.meta.url)

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
  const text = settings.given('OTEL_TRACES_SAMPLER_ARG')
  const isOfAnother = text !== undefined && text.includes('=') !== isRemote
  if (isOfAnother) settings.complain('OTEL_TRACES_SAMPLER_ARG', `is no argument of ${sampler}`, 'it is ignored')
  const argument = isOfAnother ? undefined : settings.read('OTEL_TRACES_SAMPLER_ARG')
  if (!isRemote) return typeof argument === 'number' ? { share: argument } : {}
  if (typeof argument === 'object') return { remote: argument }
  // The default is an argument of another kind.
  return { remote: (require('./sampling-texts.js') as typeof import('./sampling-texts.js')).DEFAULT_REMOTE }
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
