import type { Logger, LoggerOptions, LoggerProvider } from '@opentelemetry/api-logs'
import { diag } from '../diag/diag.js'
import { LateProvider } from '../trace/late-provider.js'

/** A provider that is loaded when the program first asks it for a logger. */
export class LateLoggerProvider extends LateProvider implements LoggerProvider {
  readonly #load: () => LoggerProvider | undefined

  constructor(load: () => LoggerProvider | undefined, deliver: () => Promise<void>) {
    super(deliver)
    this.#load = load
  }

  getLogger(name: string, version?: string, options?: LoggerOptions): Logger {
    try {
      const provider = this.#load()
      if (provider !== undefined) return provider.getLogger(name, version, options)
    } catch (error) {
      diag.fault('the logger provider', error)
    }
    return { emit() {}, enabled: () => false }
  }
}
