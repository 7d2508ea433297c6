import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { AttributeValue, Config, DetectorName } from '../config/config.js'
import { type Environment, readEnvironment } from '../config/environment.js'
import { diag } from '../diag/diag.js'
import type { AttributeList } from '../trace/attributes.js'
import type { Attributes } from './machine.js'
import type { Resource } from './resource.js'
import { findEntryFile, findProgramPackage } from './service.js'

const require = createRequire(import.meta.url)

/** Where the documentation of Kubernetes, and so nearly everybody, mounts the files of the downward API. */
const ANNOTATIONS_FILE = 'etc/podinfo/annotations'

const UNKNOWN_SERVICE = 'unknown_service:node'
/** Detectors that ask metadata services over the network. */
const CLOUDS: readonly DetectorName[] = ['aws', 'gcp', 'azure']

/** Where the process is. */
export interface Place {
  /** The program's script, the source of its name where the user gave none. */
  readonly entryFile?: string | undefined
  readonly env?: Environment
  /** The root of the file system, for files of the kernel and of Kubernetes. */
  readonly root?: string
}

/**
 * Who produces the telemetry: the service, this agent, the process and its host, in the names of the resource semantic
 * conventions. What the user has set wins over what is found. The service's name is found at once, and the rest when
 * it is first asked for, by the first batch: a process that sends nothing looks for nothing.
 */
export function createResource(
  config: Pick<Config, 'resourceAttributes' | 'resourceDetectors'>,
  agentVersion: string,
  { env = readEnvironment(), entryFile = findEntryFile(env), root = '/' }: Place = {},
): DetectedResource {
  const { resourceAttributes: given, resourceDetectors: detectors } = config
  const service: Attributes = new Map(serviceAttributes(given, entryFile))
  if (detectors.has('serviceinstance')) service.set('service.instance.id', randomUuid())
  const annotations = join(root, ANNOTATIONS_FILE)
  if (detectors.has('k8s') && env.KUBERNETES_SERVICE_HOST && existsSync(annotations)) {
    const { podAnnotations } = require('./kubernetes.js') as typeof import('./kubernetes.js')
    for (const [key, value] of podAnnotations(textOf(annotations))) service.set(key, value)
  }
  service.set('telemetry.sdk.name', 'autospan')
  service.set('telemetry.sdk.language', 'nodejs')
  service.set('telemetry.sdk.version', agentVersion)
  for (const [key, value] of given) {
    if (key !== 'service.name' || value !== '') service.set(key, value)
  }
  const resource = new DetectedResource(service, () => {
    if (!['process', 'host', 'os', 'container', 'k8s'].some((name) => detectors.has(name as DetectorName))) return []
    const { machineAttributes } = require('./machine.js') as typeof import('./machine.js')
    return machineAttributes(detectors, env, root)
  })
  const clouds = CLOUDS.filter((name) => detectors.has(name))
  if (clouds.length > 0) {
    const { detectClouds } = require('./cloud.js') as typeof import('./cloud.js')
    void detectClouds(clouds, env).then((found) => resource.add(found))
  }
  return resource
}

/** The list of attributes is another one once there are more of them. The schema URL stays empty, for the user's may
 * follow any version of the conventions. */
export class DetectedResource implements Resource {
  readonly schemaUrl = ''
  readonly serviceName: string
  readonly #certain: Attributes
  readonly #detect: () => Iterable<[string, AttributeValue]>
  #detected: Attributes | undefined
  #attributes: AttributeList | undefined

  /** @param certain what wins over all that is found */
  constructor(certain: Attributes, detect: () => Iterable<[string, AttributeValue]>) {
    this.serviceName = String(certain.get('service.name'))
    this.#certain = certain
    this.#detect = detect
  }

  get attributes(): Readonly<AttributeList> {
    if (this.#attributes !== undefined) return this.#attributes
    this.#detected ??= this.#found()
    const list: AttributeList = []
    for (const [key, value] of new Map([...this.#certain, ...this.#detected, ...this.#certain])) list.push(key, value)
    this.#attributes = list
    return list
  }

  /** What has been found out later; it wins over what was found here. */
  add(found: Attributes): void {
    if (found.size === 0) return
    this.#detected = new Map([...(this.#detected ?? this.#found()), ...found])
    this.#attributes = undefined
  }

  /** Asked for in the midst of the program too, which makes a worker thread: nothing where it fails. */
  #found(): Attributes {
    try {
      return new Map(this.#detect())
    } catch (error) {
      diag.fault('the resource', error)
      return new Map()
    }
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

function* serviceAttributes(
  given: ReadonlyMap<string, AttributeValue>,
  entryFile: string | undefined,
): Generator<[string, string]> {
  const isKnown = given.get('service.name') && given.has('service.version')
  const program = isKnown || !entryFile ? undefined : findProgramPackage(entryFile)
  yield ['service.name', program?.name ?? UNKNOWN_SERVICE]
  if (program?.version !== undefined) yield ['service.version', program.version]
}

/**
 * UUID version 4, for being unique and not for being secret: node:crypto takes 3 to 5 ms to load, which a program
 * that makes no span need not pay.
 */
function randomUuid(): string {
  const hex = (digits: number): string => {
    return Math.floor(Math.random() * 16 ** digits)
      .toString(16)
      .padStart(digits, '0')
  }
  const variant = '89ab'[Math.floor(Math.random() * 4)]
  return `${hex(8)}-${hex(4)}-4${hex(3)}-${variant}${hex(3)}-${hex(12)}`
}
