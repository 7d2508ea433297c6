import { hostname } from 'node:os'
import type { Config } from '../config/config.js'
import type { AttributeList } from '../trace/attributes.js'
import type { Resource } from './resource.js'
import { findProgramPackage } from './service.js'

/**
 * Who produces the telemetry: the service, this agent, the process and its host, in the names of the resource semantic
 * conventions. What the user has set wins over what is found. Nothing here touches the network, and the program's
 * arguments are left alone: they may hold secrets.
 *
 * The schema URL stays empty, for the user's attributes may follow any version of the conventions.
 *
 * @param entryFile the program's script, the source of its name where the user gave none
 */
export function createResource(
  config: Pick<Config, 'resourceAttributes'>,
  agentVersion: string,
  entryFile: string | undefined = process.argv[1],
): Resource {
  const given = config.resourceAttributes
  const attributes = new Map<string, string | number | undefined>([
    ...serviceAttributes(given, entryFile),
    ['telemetry.sdk.name', 'autospan'],
    ['telemetry.sdk.language', 'nodejs'],
    ['telemetry.sdk.version', agentVersion],
    ['process.pid', process.pid],
    ['process.runtime.name', 'nodejs'],
    ['process.runtime.version', process.versions.node],
    ['host.name', hostName()],
    ['host.arch', HOST_ARCHITECTURES.get(process.arch) ?? process.arch],
    ['os.type', OS_TYPES.get(process.platform) ?? process.platform],
  ])
  for (const [key, value] of given) {
    if (key !== 'service.name' || value !== '') attributes.set(key, value)
  }
  const list: AttributeList = []
  for (const [key, value] of attributes) {
    if (value !== undefined) list.push(key, value)
  }
  return { attributes: list, schemaUrl: '' }
}

const UNKNOWN_SERVICE = 'unknown_service:node'

function serviceAttributes(
  given: ReadonlyMap<string, string>,
  entryFile: string | undefined,
): [string, string | undefined][] {
  const isKnown = given.get('service.name') && given.has('service.version')
  const program = isKnown || !entryFile ? undefined : findProgramPackage(entryFile)
  return [
    ['service.name', program?.name ?? UNKNOWN_SERVICE],
    ['service.version', program?.version],
    ['service.instance.id', randomUuid()],
  ]
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

function hostName(): string | undefined {
  try {
    return hostname() || undefined
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
