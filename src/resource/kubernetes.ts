import type { Environment } from '../config/environment.js'
import type { ContainerFacts } from './container.js'

/** What manifests call the variables that they fill by the downward API, by attribute: the first that is set counts. */
const VARIABLES: readonly (readonly [attribute: string, name: string])[] = [
  ['k8s.pod.name', 'POD_NAME'],
  ['k8s.pod.uid', 'POD_UID'],
  ['k8s.namespace.name', 'POD_NAMESPACE'],
  ['k8s.namespace.name', 'NAMESPACE'],
  ['k8s.node.name', 'NODE_NAME'],
  ['k8s.container.name', 'CONTAINER_NAME'],
  ['k8s.deployment.name', 'DEPLOYMENT_NAME'],
  ['k8s.cluster.name', 'CLUSTER_NAME'],
]
const PREFIXES = ['K8S_', 'KUBERNETES_', 'MY_', 'OTEL_RESOURCE_ATTRIBUTES_', '']

const NAMESPACE_FILE = 'var/run/secrets/kubernetes.io/serviceaccount/namespace'
/** Annotations that are attributes, by the semantic conventions for Kubernetes. */
const ATTRIBUTE_ANNOTATION = 'resource.opentelemetry.io/'

/** The end of a pod's name where a deployment, job or daemon set has made it: five of the letters that Kubernetes picks. */
const MADE_NAME = /-[bcdfghjklmnpqrstvwxz2456789]{5}$/

/** Reads a file below the root of the file system; undefined where there is none. */
export type ReadFile = (path: string) => string | undefined

/**
 * Attributes of the pod: of the downward API's variables, of what the kernel tells, and of the host's name,
 * which is the pod's. Nothing is asked over the network.
 */
export function kubernetesAttributes(
  env: Environment,
  readFile: ReadFile,
  container: ContainerFacts,
  hostName: string | undefined,
): Map<string, string> {
  const attributes = new Map<string, string>()
  const add = (key: string, value: string | undefined): void => {
    const text = value?.trim()
    if (text && !attributes.has(key)) attributes.set(key, text)
  }
  for (const [attribute, name] of VARIABLES) {
    for (const prefix of PREFIXES) add(attribute, env[prefix + name])
  }
  add('k8s.pod.uid', container.podUid)
  add('k8s.container.name', container.containerName)
  add('k8s.namespace.name', readFile(NAMESPACE_FILE))
  // A pod on its host's network has the host's name.
  if (hostName !== undefined && MADE_NAME.test(hostName)) add('k8s.pod.name', hostName)
  return attributes
}

/** Of the downward API's file of annotations those that are meant as attributes, `resource.opentelemetry.io/service.name` among them. */
export function podAnnotations(text: string): Map<string, string> {
  const attributes = new Map<string, string>()
  for (const [key, value] of parsePodInfo(text)) {
    if (key.startsWith(ATTRIBUTE_ANNOTATION)) attributes.set(key.slice(ATTRIBUTE_ANNOTATION.length), value)
  }
  return attributes
}

/** Lines of `key="value"`, the value as a string of Go. */
function parsePodInfo(text: string): [string, string][] {
  const pairs: [string, string][] = []
  for (const line of text.split('\n')) {
    const equals = line.indexOf('=')
    if (equals < 1) continue
    try {
      const value: unknown = JSON.parse(line.slice(equals + 1).replace(/\\x/g, '\\u00'))
      if (typeof value === 'string') pairs.push([line.slice(0, equals), value])
    } catch {
      // A line that is no pair tells nothing.
    }
  }
  return pairs
}
