import type { Config, MetricsConfig, ProxyConfig, SamplingConfig, TracesConfig } from './config/config.js'
import { printable } from './diag/printable.js'
import { printableUrl } from './export/transport/printable-url.js'
import type { Instrumentation } from './instrumentation/instrumentation.js'
import { VERSION } from './version.js'

/** The one line that a start says: who is traced, where telemetry goes, what is sampled and what is hooked. */
export function startLine(
  { traces, metrics }: Config,
  serviceName: string,
  enabled: readonly Instrumentation[],
): string {
  const hooked = enabled.filter(({ measure }) => measure === undefined)
  return [
    `${VERSION} traces ${printable(serviceName)}`,
    `spans go ${waysOf(traces)}`,
    `metrics go ${waysOf(metrics)}`,
    `sampler ${samplerName(traces.sampling)}`,
    `hooked: ${hooked.map(({ name }) => name).join(', ') || 'nothing'}`,
  ].join('; ')
}

function by(proxy: ProxyConfig | undefined): string {
  return proxy === undefined ? '' : ` through the proxy ${proxy.name}`
}

function waysOf(signal: TracesConfig | MetricsConfig): string {
  const { otlp } = signal
  const ways = signal.exporters.map((exporter) => {
    if (exporter === 'otlp') return `${otlp.protocol} to ${printableUrl(otlp.url, otlp.protocol)}${by(otlp.proxy)}`
    return exporter === 'otlp/file' ? `to ${printable(signal.file)}` : exporter
  })
  return ways.length === 0 ? 'nowhere' : ways.join(' and ')
}

/** The sampler with its share, rules and what is kept, in a few words. */
export function samplerName({ sampler, share, rules, keep }: SamplingConfig): string {
  const ratio = sampler.endsWith('ratio') ? ` ${share}` : ''
  const count = rules.length === 0 ? '' : `${rules.length} ${rules.length === 1 ? 'rule' : 'rules'}, else `
  return `${count}${sampler}${ratio}${keep === undefined ? '' : ', and what matters is kept'}`
}
