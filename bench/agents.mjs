// The agents that are measured. `flags(kind)` are node's, for a program of CommonJS ('cjs') or ES modules ('esm').
import { fileURLToPath } from 'node:url'

const ROOT = new URL('..', import.meta.url)
const REGISTER = new URL('register.mjs', ROOT).href
const FOREIGN = new URL('agents/', import.meta.url)
const HAS_SPANS = 'spans'
const NO_SPANS = 'none'

/** More than a saturated program makes until the next batch: OpenTelemetry's default of 2,048 loses spans there. */
const OTEL_QUEUE = { OTEL_BSP_MAX_QUEUE_SIZE: '200000' }

/** Of a caller that has not sampled. */
const FLAG_00 = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00' }

const bare = { flags: () => [], env: () => ({}), expects: NO_SPANS }

const autospan = {
  flags: () => ['--import', REGISTER],
  env: ({ endpoint }) => ({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }),
}

const openTelemetry = {
  packages: { '@opentelemetry/api': '1.10.0', '@opentelemetry/auto-instrumentations-node': '0.82.0' },
  folder: 'otel',
  nodes: '22.15 and newer',
  /** Their documentation asks for the loader hook where the program is of ES modules. */
  flags: (kind) => {
    const file = (path) => foreign('otel', `@opentelemetry/${path}`)
    return kind === 'cjs'
      ? ['--require', fileURLToPath(file('auto-instrumentations-node/dist/register.cjs'))]
      : [
          '--experimental-loader',
          file('instrumentation/hook.mjs').href,
          '--import',
          file('auto-instrumentations-node/dist/register.mjs').href,
        ]
  },
}

/**
 * expects: 'spans' = as the app's table says, 'none', or undefined = a whole number for each request;
 * always: measured with every app when no agents are asked for by name; once: with hello only, then.
 */
export const AGENTS = {
  bare: { ...bare, about: 'node alone', always: true },
  autospan: { ...autospan, about: 'autospan, defaults', expects: HAS_SPANS, always: true },
  'autospan-off': {
    ...autospan,
    about: 'autospan, OTEL_TRACES_SAMPLER=always_off',
    env: (run) => ({ ...autospan.env(run), OTEL_TRACES_SAMPLER: 'always_off' }),
    expects: NO_SPANS,
    once: true,
  },
  'bare-flag-00': { ...bare, about: 'node alone, with the header of the next', headers: FLAG_00, once: true },
  'autospan-flag-00': {
    ...autospan,
    about: 'autospan, the caller has not sampled (flag 00)',
    headers: FLAG_00,
    expects: NO_SPANS,
    once: true,
  },
  'autospan-disabled': {
    ...autospan,
    about: 'autospan, OTEL_SDK_DISABLED=true',
    env: (run) => ({ ...autospan.env(run), OTEL_SDK_DISABLED: 'true' }),
    expects: NO_SPANS,
    once: true,
  },
  'otel-lean': {
    ...openTelemetry,
    about: 'OpenTelemetry, http, undici, express and pg only; no metrics, logs, detectors',
    env: ({ endpoint }) => ({
      ...OTEL_QUEUE,
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'http,undici,express,pg',
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
      OTEL_NODE_RESOURCE_DETECTORS: 'none',
    }),
  },
  'otel-default': {
    ...openTelemetry,
    about: 'OpenTelemetry, defaults',
    env: ({ endpoint }) => ({ ...OTEL_QUEUE, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }),
  },
  'dd-trace': {
    about: 'dd-trace, defaults, no telemetry or remote configuration',
    packages: { 'dd-trace': '6.21.0' },
    folder: 'dd-trace',
    nodes: '22 and newer',
    flags: (kind) =>
      kind === 'esm'
        ? ['--import', foreign('dd-trace', 'dd-trace/initialize.mjs').href]
        : ['--require', fileURLToPath(foreign('dd-trace', 'dd-trace/init.js'))],
    env: ({ endpoint }) => ({
      DD_TRACE_AGENT_URL: endpoint,
      DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false',
      DD_REMOTE_CONFIGURATION_ENABLED: 'false',
    }),
  },
}

/** The minimum tracer at `path`, a CommonJS file for --require that exports to 127.0.0.1:14318; of no package. */
export function floorAgent(path) {
  return {
    about: `the hand-written minimum tracer (${path})`,
    flags: () => ['--require', path],
    env: () => ({ FLOOR_EXPORT: '1' }),
    port: 14_318,
    expects: HAS_SPANS,
  }
}

/** The folder where a foreign agent is installed. */
export function agentFolder(folder) {
  return fileURLToPath(new URL(folder, FOREIGN))
}

function foreign(folder, path) {
  return new URL(`${folder}/node_modules/${path}`, FOREIGN)
}
