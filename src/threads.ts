import type { TextMapPropagator } from '@opentelemetry/api'
import type { Config } from './config/config.js'
import { type Environment, readEnvironment } from './config/environment.js'
import { absolutePath } from './config/path.js'
import { activeContext, getProcessContext } from './context/manager.js'
import { diag } from './diag/diag.js'
import { type Variables, variableSetter } from './instrumentation/environment.js'
import type { Instrumentation } from './instrumentation/instrumentation.js'
import { isMainThread } from './main-thread.js'
import type { Resource } from './resource/resource.js'

/** Under which the main thread leaves what its workers are to have. */
const KEY = 'autospan'

/** Variables that are settings of the agent, or tell the way to the collector. */
const SETTING = /^(?:OTEL|AUTOSPAN)_|^(?:https?|no)_proxy$/i

/** What a worker thread has from the thread that made it. */
export interface Inheritance {
  /** For what the worker's own environment does not tell: a program may give it one of a few names, or none. */
  readonly settings: Environment
  /** In which the program was started: its threads go with it to another one, and paths in settings do not. */
  readonly folder: string
  /** Attributes of the resource: threads are one instance of one service. */
  readonly resource: Resource['attributes']
  /** The trace that the worker's spans without another parent continue, as variables of the environment. */
  readonly carrier: Variables
  /** Undefined where nothing that the main thread could take over goes anywhere. */
  readonly offer?: Offer | undefined
}

/** By which a worker hands over what it makes, if it would deliver it to the same place. */
export interface Offer {
  readonly memory: SharedArrayBuffer
  /** Of the main thread's exporters of spans and log records. */
  readonly fingerprint: string
  /** Of what it makes of measurements. */
  readonly metricFingerprint: string
  /** On which the main thread hears of threads that its threads make. */
  readonly channel: string
}

interface WorkerThreads {
  readonly threadId: number
  getEnvironmentData(key: string): unknown
  setEnvironmentData(key: string, value: unknown): void
}

/**
 * In a worker thread what the thread that made it left for it; undefined in the main thread, and where that left
 * nothing.
 */
export function inherited(): Inheritance | undefined {
  if (isMainThread()) return undefined
  const { getEnvironmentData } = process.getBuiltinModule('worker_threads') as WorkerThreads
  const left = getEnvironmentData(KEY) as Inheritance | undefined
  return Array.isArray(left?.resource) ? left : undefined
}

/** The environment of this thread, with settings of the one that made it where it has none of its own. */
export function environmentWith(inheritance: Inheritance | undefined): Environment {
  return inheritance === undefined ? readEnvironment() : { ...inheritance.settings, ...readEnvironment() }
}

/** What the main thread offers to take over; its own resource is that of measurements, so none where this thread has another. */
export function offerTo({ resourceAttributes }: Config, { resource, offer }: Inheritance): Offer | undefined {
  const isSame = [...resourceAttributes].every(
    ([key, value]) => (key === 'service.name' && value === '') || resource[resource.indexOf(key) + 1] === value,
  )
  return isSame || offer === undefined ? offer : { ...offer, metricFingerprint: '' }
}

/** The resource of a worker: its process's, but for what it has been told of itself in its own environment. */
export function resourceOfThread({ resource }: Inheritance, { resourceAttributes }: Config): Resource {
  const attributes = new Map<string, Resource['attributes'][number]>()
  for (let i = 0; i < resource.length; i += 2) attributes.set(String(resource[i]), resource[i + 1])
  for (const [key, value] of resourceAttributes) if (key !== 'service.name' || value !== '') attributes.set(key, value)
  // Two threads may write the same metric, which only their resources tell apart.
  attributes.set('thread.id', (process.getBuiltinModule('worker_threads') as WorkerThreads).threadId)
  return { attributes: [...attributes].flat(), schemaUrl: '' }
}

/**
 * Has the worker threads that the program makes inherit; no library, and never switched off. Node.js copies the data
 * when it makes a worker, in the context of the code that asks for it: that is when the carrier is made.
 */
export function bequeath(
  environment: Environment,
  resource: Resource,
  config: Config,
  propagator: TextMapPropagator,
  makeOffer: () => Offer | undefined,
): Instrumentation {
  const inheritance: Inheritance = {
    folder: absolutePath(''),
    get settings() {
      return Object.fromEntries(Object.entries(environment).filter(([name]) => SETTING.test(name)))
    },
    get resource() {
      return resource.attributes
    },
    get carrier() {
      const carrier: Variables = {}
      try {
        propagator.inject(config.workerContext ? activeContext() : getProcessContext(), carrier, variableSetter)
      } catch {
        // The program makes its worker all the same.
      }
      return carrier
    },
    get offer() {
      try {
        return makeOffer()
      } catch (error) {
        diag.fault('the offer to a worker thread', error)
        return undefined
      }
    },
  }
  return {
    name: 'threads',
    about: 'worker threads',
    modules: [
      { module: 'worker_threads', patch: (threads: WorkerThreads) => threads.setEnvironmentData(KEY, inheritance) },
    ],
  }
}
