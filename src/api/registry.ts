import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { ContextManager, MeterProvider, TextMapPropagator, TracerProvider } from '@opentelemetry/api'
import type { LoggerProvider } from '@opentelemetry/api-logs'

const require = createRequire(import.meta.url)

/** What every copy of `@opentelemetry/api` 1.x looks up: its `Symbol.for`, so copies share it. */
const REGISTRY: unique symbol = Symbol.for('opentelemetry.js.api.1')

/** The same of `@opentelemetry/api-logs`: a function that gives the provider to copies of its generation. */
const LOGS_REGISTRY: unique symbol = Symbol.for('io.opentelemetry.js.api.logs')
const LOGS_GENERATION = 1

/** The version of the API that these providers implement. */
const API_VERSION = '1.10.0'

export interface Providers {
  readonly trace: TracerProvider
  readonly context: ContextManager
  readonly propagation: TextMapPropagator
  /** Left out where there are to be no metrics, or another SDK's are there already. */
  readonly metrics?: MeterProvider
}

type Registry = { version: string } & { -readonly [Key in keyof Providers]?: Providers[Key] }
type WithRegistry = {
  [REGISTRY]?: Registry
  [LOGS_REGISTRY]?: (generation: number) => LoggerProvider | undefined
}

let published: Registry | undefined
let copySeen = false

/**
 * Makes the providers those of the global API, as `trace.setGlobalTracerProvider()` and its siblings
 * would, without loading the API's 60 files.
 *
 * @returns false when somebody else has been first: nothing is changed then. Metrics of somebody else stay in any case.
 */
export function publishProviders(providers: Providers): boolean {
  const global = globalThis as WithRegistry
  if (global[REGISTRY]?.trace !== undefined || global[REGISTRY]?.context !== undefined) return false
  const { metrics } = global[REGISTRY] ?? {}
  published = global[REGISTRY] = Object.assign(global[REGISTRY] ?? registryOfFirstReader(), providers)
  if (metrics !== undefined) published.metrics = metrics
  return true
}

/** Whether copies of the API that ask for a provider get the agent's. */
export function isPublished(): boolean {
  return published !== undefined && (globalThis as WithRegistry)[REGISTRY]?.trace === published.trace
}

/** The context manager of whoever has the API. */
export function publishedContexts(): ContextManager | undefined {
  return (globalThis as WithRegistry)[REGISTRY]?.context
}

/**
 * Its version is that of the copy that first asks for it: where imports are not heard of, nobody has
 * told of that copy before.
 */
function registryOfFirstReader(): Registry {
  const set = (value: string): void => {
    Object.defineProperty(registry, 'version', { value, writable: true, enumerable: true, configurable: true })
  }
  const registry = Object.defineProperty({}, 'version', {
    get: () => {
      set(callingVersion() ?? API_VERSION)
      return registry.version
    },
    set,
    enumerable: true,
    configurable: true,
  }) as Registry
  return registry
}

/** The version of the copy of the API that is calling, by the stack; undefined when it is in a bundle, or not there. */
function callingVersion(): string | undefined {
  const [, url, path = ''] = /(file:\/\/)?([^\s(]*@opentelemetry[\\/]api)[\\/]/.exec(new Error().stack ?? '') ?? []
  if (path === '') return undefined
  try {
    const folder = url === undefined ? path : fileURLToPath(url + path)
    return (require(`${folder}/package.json`) as { version?: string }).version
  } catch {
    return undefined
  }
}

/**
 * Hears of a copy of the API in the program. A copy refuses a registry older than itself, and
 * refuses to add to one that is not exactly of its version: the registry shows the newest copy's.
 */
export function adoptApiVersion(version: string): void {
  if (published === undefined || !/^1\.\d+\.\d+$/.test(version)) return
  if (!copySeen || minorOf(version) > minorOf(published.version)) {
    const { version: _, ...providers } = published
    // The version that the API itself has defined is read-only: a new object takes its place.
    published = (globalThis as WithRegistry)[REGISTRY] = { version, ...providers }
  }
  copySeen = true
}

function minorOf(version: string): number {
  return Number(version.split('.')[1])
}

/**
 * Makes the provider that of the logs API, unless somebody else has been first. A copy of another generation finds
 * none, and does nothing.
 */
export function publishLoggerProvider(provider: LoggerProvider): void {
  const global = globalThis as WithRegistry
  global[LOGS_REGISTRY] ??= (generation) => (generation === LOGS_GENERATION ? provider : undefined)
}
