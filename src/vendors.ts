import { createRequire } from 'node:module'
import { diag } from './diag/diag.js'

const require = createRequire(import.meta.url)

const BOTH = 'it and autospan trace each request, each for its own backend; one of the two is enough'

/** Another agent that may be in the process. */
interface Vendor {
  readonly name: string
  /** What it leaves on `globalThis`: by this it is known as an ES module and in a bundle too. */
  readonly mark?: string | symbol
  readonly advice: string
}

const VENDORS: readonly Vendor[] = [
  { name: 'dd-trace', mark: Symbol.for('dd-trace'), advice: BOTH },
  { name: 'newrelic', advice: BOTH },
  { name: 'elastic-apm-node', advice: BOTH },
  { name: 'applicationinsights', advice: BOTH },
  {
    name: '@sentry/node',
    mark: '__SENTRY__',
    advice:
      'errors go to Sentry as before, what it traces through the OpenTelemetry API goes where spans of autospan go; with skipOpenTelemetrySetup in Sentry.init it leaves tracing to autospan',
  },
]

/** Says which other agents the program has loaded: a line for each, once. Looks at paths of modules, and loads nothing. */
export function sayVendors(): void {
  const paths = Object.keys(require.cache).map((path) => path.replaceAll('\\', '/'))
  for (const { name, mark, advice } of VENDORS) {
    const folder = `/node_modules/${name}/`
    if ((mark !== undefined && mark in globalThis) || paths.some((path) => path.includes(folder))) {
      diag.warnOnce(`vendor ${name}`, `${name} is in the process too: ${advice}`)
    }
  }
}
