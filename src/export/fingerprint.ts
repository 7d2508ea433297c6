import type { Config, OtlpConfig } from '../config/config.js'

/**
 * Tells whether two threads of a process deliver their spans and log records to the same place in the same way. Secrets
 * are in it, and cannot be read out of it.
 */
export function fingerprint({ traces, logs }: Pick<Config, 'traces' | 'logs'>): string {
  const parts = [traces, logs].map(({ exporters, otlp }) => [exporters, wayOf(otlp)])
  return hash(JSON.stringify(parts))
}

/** Tells whether two threads make the same of the same measurements, and deliver it to the same place. */
export function metricFingerprint({ metrics }: Pick<Config, 'metrics'>): string {
  return hash(JSON.stringify({ ...metrics, otlp: wayOf(metrics.otlp) }))
}

function wayOf({ headers, ...rest }: OtlpConfig): object {
  return { ...rest, headers: [...headers] }
}

/** FNV-1a from two starts: node:crypto would cost the program 3 ms. */
function hash(text: string): string {
  return [0x811c9dc5, 0x9dc5811c]
    .map((start) => {
      let value = start
      for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
      return (value >>> 0).toString(16)
    })
    .join('')
}
