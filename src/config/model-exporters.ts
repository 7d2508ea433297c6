import { fileURLToPath } from 'node:url'
import type { Section } from './section.js'

/** As the names of variables have it. */
export type Signal = 'TRACES' | 'METRICS' | 'LOGS'

const BATCH_SETTINGS = ['schedule_delay', 'export_timeout', 'max_queue_size', 'max_export_batch_size'] as const
/** A simple processor makes batches of whatever has ended in one turn of the event loop. */
const SIMPLE: Readonly<Partial<Record<(typeof BATCH_SETTINGS)[number], string>>> = { schedule_delay: '0' }

/**
 * Reads the processors of a provider.
 *
 * @param prefix of the variables that say how batches are made
 */
export function readProcessors(provider: Section, signal: Signal, prefix: 'OTEL_BSP' | 'OTEL_BLRP'): void {
  const exporters: string[] = []
  provider.list('processors', (processor) => {
    for (const kind of ['batch', 'simple'] as const) {
      processor.section(kind, (section) => {
        // There is one way to make batches: that of OTLP, where it is among several.
        const isLast = exporters.includes('otlp')
        section.section('exporter', (exporter) => readExporter(exporter, signal, exporters))
        for (const setting of BATCH_SETTINGS) {
          const text = kind === 'batch' ? section.setting(setting) : SIMPLE[setting]
          if (!isLast)
            section.set(`${prefix}_${setting.toUpperCase()}`, text ?? '', kind === 'batch' ? setting : undefined)
        }
      })
    }
  })
  provider.set(`OTEL_${signal}_EXPORTER`, exporters.join(',') || 'none', 'processors')
}

/** Reads an exporter, and adds what the variable for exporters calls it. */
export function readExporter(exporter: Section, signal: Signal, exporters: string[]): void {
  for (const key of exporter.keys) {
    const kind = key.replace('/development', '')
    if ((kind === 'otlp_http' || kind === 'otlp_grpc') && exporters.includes('otlp')) {
      exporter.get(key)
      exporter.complain('is a second exporter of OTLP, and there is one')
    } else if (kind === 'otlp_http' || kind === 'otlp_grpc') {
      exporters.push('otlp')
      exporter.section(key, (otlp) => readOtlp(otlp, signal, kind))
    } else if (kind === 'otlp_file') {
      exporter.section(key, (file) => {
        const stream = file.text('output_stream')
        const path = stream === undefined || stream === 'stdout' ? undefined : pathOf(stream)
        if (path === '') file.complain('has a stream that is neither stdout nor file:///path')
        exporters.push(path ? 'otlp/file' : 'otlp/stdout')
        if (path) file.set(`AUTOSPAN_${signal}_FILE`, path, 'output_stream')
        leaveFormsOut(file)
      })
    } else if (kind === 'console') {
      exporters.push(kind)
      exporter.section(key, leaveFormsOut)
    } else {
      // What is no name of an exporter is told by the variable.
      exporter.get(key)
      exporters.push(kind)
    }
  }
}

/** In which forms metrics are written is a setting of OTLP only. */
function leaveFormsOut(exporter: Section): void {
  exporter.unsupported('temporality_preference')
  exporter.unsupported('default_histogram_aggregation')
}

/** Empty for what is no URL of a file. */
function pathOf(stream: string): string {
  try {
    return fileURLToPath(stream)
  } catch {
    return ''
  }
}

function readOtlp(otlp: Section, signal: Signal, kind: 'otlp_http' | 'otlp_grpc'): void {
  const variable = (key: string): string => `OTEL_EXPORTER_OTLP_${signal}_${key}`
  const encoding = otlp.text('encoding') ?? 'protobuf'
  otlp.set(variable('PROTOCOL'), kind === 'otlp_grpc' ? 'grpc' : `http/${encoding}`, 'encoding')
  otlp.variable('endpoint', variable('ENDPOINT'))
  otlp.variable('timeout', variable('TIMEOUT'))
  otlp.variable('compression', variable('COMPRESSION'))
  const headers: string[] = []
  const list = otlp.text('headers_list')
  if (list !== undefined) headers.push(list)
  otlp.list('headers', (header) => {
    const [name, value] = [header.text('name'), header.text('value')]
    if (name !== undefined && value !== undefined) headers.push(`${name}=${encodeURIComponent(value)}`)
  })
  if (headers.length > 0) otlp.set(variable('HEADERS'), headers.join(','), 'headers')
  otlp.section('tls', (tls) => {
    tls.variable('ca_file', variable('CERTIFICATE'))
    tls.variable('cert_file', variable('CLIENT_CERTIFICATE'))
    tls.variable('key_file', variable('CLIENT_KEY'))
    if (kind === 'otlp_grpc') tls.variable('insecure', variable('INSECURE'))
  })
  if (signal === 'METRICS') {
    // The variable has low_memory in one word.
    otlp.variable('temporality_preference', variable('TEMPORALITY_PREFERENCE'), (text) =>
      text.replace(/^low_memory$/i, 'lowmemory'),
    )
    otlp.variable('default_histogram_aggregation', variable('DEFAULT_HISTOGRAM_AGGREGATION'))
  }
}
