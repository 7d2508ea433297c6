import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { hostname, release, userInfo } from 'node:os'
import { join } from 'node:path'
import type { AttributeValue, DetectorName } from '../config/config.js'
import type { Environment } from '../config/environment.js'
import { type ContainerFacts, parseCgroup, parseMountInfo } from './container.js'
import type { ReadFile } from './kubernetes.js'

const require = createRequire(import.meta.url)

export type Attributes = Map<string, AttributeValue>

/** Longer files are none of those that are looked for. */
const MAX_FILE_CHARS = 1_000_000

/**
 * What is to be found out on this machine without asking anybody: the process, its host, its container and its pod, in
 * the names of the resource semantic conventions. The program's arguments are left alone: they may hold secrets.
 *
 * @param root where the files are looked for: `/`
 */
export function machineAttributes(detectors: ReadonlySet<DetectorName>, env: Environment, root: string): Attributes {
  const attributes: Attributes = new Map()
  const readFile: ReadFile = (path) => fileText(join(root, path))
  const container = containerFacts(readFile)
  if (detectors.has('process')) addProcess(attributes)
  if (detectors.has('host')) addHost(attributes, readFile, container)
  if (detectors.has('os')) addOs(attributes)
  if (detectors.has('container') && container.id !== undefined) attributes.set('container.id', container.id)
  // The kubelet tells each pod where the API is.
  if (detectors.has('k8s') && env.KUBERNETES_SERVICE_HOST) {
    const { kubernetesAttributes } = require('./kubernetes.js') as typeof import('./kubernetes.js')
    for (const [key, value] of kubernetesAttributes(env, readFile, container, attempted(hostname))) {
      attributes.set(key, value)
    }
  }
  return attributes
}

function addProcess(attributes: Attributes): void {
  // The global one may be a test's by now.
  const { timeOrigin } = process.getBuiltinModule('node:perf_hooks').performance
  attributes.set('process.pid', process.pid)
  attributes.set('process.creation.time', new Date(timeOrigin).toISOString())
  attributes.set('process.executable.path', process.execPath)
  attributes.set('process.command', process.argv0)
  const owner = attempted(() => userInfo().username)
  if (owner !== undefined) attributes.set('process.owner', owner)
  attributes.set('process.runtime.name', 'nodejs')
  attributes.set('process.runtime.version', process.versions.node)
  attributes.set('process.runtime.description', 'Node.js')
}

/** A container has its image's machine id, if any, and not its host's. */
function addHost(attributes: Attributes, readFile: ReadFile, container: ContainerFacts): void {
  const name = attempted(hostname)
  if (name !== undefined) attributes.set('host.name', name)
  attributes.set('host.arch', HOST_ARCHITECTURES.get(process.arch) ?? process.arch)
  const isContained = container.id !== undefined || container.podUid !== undefined
  const id = isContained ? undefined : (readFile('etc/machine-id') ?? readFile('var/lib/dbus/machine-id'))?.trim()
  if (id !== undefined && /^[\da-f]{32}$/i.test(id)) attributes.set('host.id', id)
}

function addOs(attributes: Attributes): void {
  attributes.set('os.type', OS_TYPES.get(process.platform) ?? process.platform)
  const version = attempted(release)
  if (version !== undefined) attributes.set('os.version', version)
}

function containerFacts(readFile: ReadFile): ContainerFacts {
  return {
    ...parseMountInfo(readFile('proc/self/mountinfo') ?? ''),
    ...parseCgroup(readFile('proc/self/cgroup') ?? ''),
  }
}

function fileText(path: string): string | undefined {
  return attempted(() => readFileSync(path, 'utf8').slice(0, MAX_FILE_CHARS))
}

/** Undefined where there is nothing to tell, or nobody is allowed to. */
function attempted(ask: () => string): string | undefined {
  try {
    return ask() || undefined
  } catch {
    return undefined
  }
}

/** Node's names, where the semantic conventions have others. */
const HOST_ARCHITECTURES: ReadonlyMap<string, string> = new Map([
  ['x64', 'amd64'],
  ['ia32', 'x86'],
  ['arm', 'arm32'],
])

/** Node's names, where the semantic conventions have others. */
const OS_TYPES: ReadonlyMap<string, string> = new Map([
  ['win32', 'windows'],
  ['sunos', 'solaris'],
  ['android', 'linux'],
])
