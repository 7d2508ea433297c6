import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { ContextManager, MeterProvider, TextMapPropagator, TracerProvider } from '@opentelemetry/api'
import type { LoggerProvider } from '@opentelemetry/api-logs'
import { diag } from '../diag/diag.js'
import { stackHere } from '../diag/stack.js'

const require = createRequire(import.meta.url)

/** What every copy of `@opentelemetry/api` 1.x looks up: its `Symbol.for`, so copies share it. */
const REGISTRY: unique symbol = Symbol.for('opentelemetry.js.api.1')

/** The same of `@opentelemetry/api-logs`: a function that gives the provider to copies of its generation. */
const LOGS_REGISTRY: unique symbol = Symbol.for('io.opentelemetry.js.api.logs')
const LOGS_GENERATION = 1

/** The version of the API that these providers implement. */
const API_VERSION = '1.10.0'

/** A copy of the API takes nothing from a registry that is older than itself; none is newer than this. */
const NEWEST = '1.999.0'

const secondSdk = (what: string): string =>
  `the program has registered an OpenTelemetry SDK after autospan: ${what} that are made through the API go where those of autospan go, and none to that SDK; one of the two is enough`

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

/** The version of a copy of the API that is about to add to the registry. */
let adding: string | undefined

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
  const registry: Registry = Object.assign(global[REGISTRY] ?? registryOfAllVersions(), providers)
  if (metrics !== undefined) registry.metrics = metrics
  hearAdditions(registry, providers)
  return true
}

/** The context manager of whoever has the API. */
export function publishedContexts(): ContextManager | undefined {
  return (globalThis as WithRegistry)[REGISTRY]?.context
}

/** All copies may take from it, and each may add to it, which the API allows to copies of the very same version only. */
function registryOfAllVersions(): Registry {
  const get = (): string => {
    const version = adding ?? NEWEST
    adding = undefined
    return version
  }
  return Object.defineProperty({}, 'version', { get, enumerable: true, configurable: true }) as Registry
}

/** A copy that adds something assigns the registry to where it is, and then asks for its version. */
function hearAdditions(registry: Registry, { trace, metrics }: Providers): void {
  let current: Registry | undefined = registry
  const set = (value: Registry | undefined): void => {
    current = value
    if (value !== registry) return
    const stack = stackHere()
    adding = versionIn(stack) ?? API_VERSION
    // The API refuses a second provider, and tells nobody.
    const hasMetrics = metrics !== undefined && value.metrics === metrics
    if (
      (value.trace === trace && stack.includes('setGlobalTracerProvider')) ||
      (hasMetrics && stack.includes('setGlobalMeterProvider'))
    )
      diag.warnOnce('second SDK', secondSdk(hasMetrics ? 'spans and metrics' : 'spans'))
  }
  Object.defineProperty(globalThis, REGISTRY, { get: () => current, set, enumerable: true, configurable: true })
}

/** In a line with the name of a function, as those of the API have: its folder may have blanks and parentheses. */
const FOLDER_OF_API = /^ +at .*? \((file:\/\/)?(.+@opentelemetry[\\/]api)[\\/]/m

/** The version of the copy of the API that a stack names; undefined when it is in a bundle, or not there. */
function versionIn(stack: string): string | undefined {
  const [, url, path = ''] = FOLDER_OF_API.exec(stack) ?? []
  if (path === '') return undefined
  try {
    const folder = url === undefined ? path : fileURLToPath(url + path)
    return (require(`${folder}/package.json`) as { version?: string }).version
  } catch {
    return undefined
  }
}

/**
 * Makes the provider that of the logs API, unless somebody else has been first. A copy of another generation finds
 * none, and does nothing.
 */
export function publishLoggerProvider(provider: LoggerProvider): void {
  const global = globalThis as WithRegistry
  global[LOGS_REGISTRY] ??= (generation) => (generation === LOGS_GENERATION ? provider : undefined)
}
