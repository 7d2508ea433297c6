import type { IncomingMessage, RequestOptions } from 'node:http'
import type { Socket } from 'node:net'
import type { DetectorName } from '../config/config.js'
import type { Environment } from '../config/environment.js'
import { SUPPRESSED_CONTEXT } from '../context/context.js'
import { runIn } from '../context/manager.js'
import { Dial } from '../export/transport/dial.js'
import { NameLookup } from '../export/transport/lookup.js'
import { NO_FILES, routeTo } from '../export/transport/route.js'
import type { Attributes } from './machine.js'

/** A metadata service is next door and answers in milliseconds, but the program may be busy with its start meanwhile. */
const TIMEOUT_MILLIS = 5000
const MAX_ANSWER_CHARS = 1_000_000
/** The address of the metadata services of all three, which no router lets through. */
const LINK_LOCAL = 'http://169.254.169.254'

/**
 * A string of JSON; of a key with an integer beyond what a number holds, as ids of Google's are, with that. What users
 * have put into the metadata of their machines is such a string, and may be JSON itself.
 */
const KEY_OR_TEXT = /"[^"\\]*(?:\\.[^"\\]*)*"(?:\s*:\s*(\d{16,})(?=\s*[,}]))?/g

type Detector = (env: Environment) => Promise<Attributes>

/**
 * What the clouds' metadata services tell of the machine. Never rejects, keeps no process alive, and makes no span:
 * a service that is not there costs some seconds in which nobody waits.
 */
export function detectClouds(names: readonly DetectorName[], env: Environment): Promise<Attributes> {
  return runIn(
    SUPPRESSED_CONTEXT,
    async () => {
      const found = await Promise.all(names.map((name) => DETECTORS[name]?.(env).catch(() => undefined)))
      return new Map(found.flatMap((attributes) => [...(attributes ?? [])]))
    },
    undefined,
  )
}

const DETECTORS: Partial<Record<DetectorName, Detector>> = { aws: detectAws, gcp: detectGcp, azure: detectAzure }

async function detectAws(env: Environment): Promise<Attributes> {
  if (env.AWS_LAMBDA_FUNCTION_NAME) {
    return attributes({
      'cloud.provider': 'aws',
      'cloud.platform': 'aws_lambda',
      'cloud.region': env.AWS_REGION,
      'faas.name': env.AWS_LAMBDA_FUNCTION_NAME,
      'faas.version': env.AWS_LAMBDA_FUNCTION_VERSION,
      'faas.instance': env.AWS_LAMBDA_LOG_STREAM_NAME,
      'faas.max_memory': Number(env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE ?? Number.NaN) * 1024 * 1024,
    })
  }
  return env.ECS_CONTAINER_METADATA_URI_V4 ? await detectEcs(env.ECS_CONTAINER_METADATA_URI_V4) : await detectEc2(env)
}

async function detectEcs(uri: string): Promise<Attributes> {
  const [container, task] = await Promise.all([askJson(uri), askJson(`${uri}/task`)])
  // arn:aws:ecs:<region>:<account>:task/<cluster>/<id>
  const [, , , region, account] = text(task.TaskARN)?.split(':') ?? []
  return attributes({
    'cloud.provider': 'aws',
    'cloud.platform': 'aws_ecs',
    'cloud.region': region,
    'cloud.account.id': account,
    'cloud.availability_zone': task.AvailabilityZone,
    'cloud.resource_id': container.ContainerARN,
    'container.id': container.DockerId,
    'container.name': container.DockerName,
    'aws.ecs.container.arn': container.ContainerARN,
    'aws.ecs.cluster.arn': task.Cluster,
    'aws.ecs.launchtype': text(task.LaunchType)?.toLowerCase(),
    'aws.ecs.task.arn': task.TaskARN,
    'aws.ecs.task.family': task.Family,
    'aws.ecs.task.revision': task.Revision,
  })
}

/** By version 2 of the service, which wants a token. */
async function detectEc2(env: Environment): Promise<Attributes> {
  const base = env.AWS_EC2_METADATA_SERVICE_ENDPOINT?.replace(/\/$/, '') || LINK_LOCAL
  const token = await ask(`${base}/latest/api/token`, {
    method: 'PUT',
    headers: { 'x-aws-ec2-metadata-token-ttl-seconds': '60' },
  })
  const headers = { 'x-aws-ec2-metadata-token': token }
  const instance = await askJson(`${base}/latest/dynamic/instance-identity/document`, { headers })
  return attributes({
    'cloud.provider': 'aws',
    'cloud.platform': env.KUBERNETES_SERVICE_HOST ? 'aws_eks' : 'aws_ec2',
    'cloud.region': instance.region,
    'cloud.account.id': instance.accountId,
    'cloud.availability_zone': instance.availabilityZone,
    'host.id': instance.instanceId,
    'host.type': instance.instanceType,
    'host.image.id': instance.imageId,
  })
}

async function detectGcp(env: Environment): Promise<Attributes> {
  const base = env.GCE_METADATA_HOST ? `http://${env.GCE_METADATA_HOST}` : LINK_LOCAL
  const headers = { 'metadata-flavor': 'Google' }
  const { project, instance } = await askJson(`${base}/computeMetadata/v1/?recursive=true`, { headers })
  const { projectId } = object(project)
  const { id, name, machineType, zone } = object(instance)
  // projects/<number>/zones/<zone>
  const zoneName = lastPart(zone)
  const common = {
    'cloud.provider': 'gcp',
    'cloud.account.id': projectId,
    'cloud.availability_zone': zoneName,
    'cloud.region': zoneName?.replace(/-[a-z\d]+$/, ''),
  }
  const service = googleService(env)
  if (service !== undefined) return attributes({ ...common, 'faas.instance': id, ...service })
  return attributes({
    ...common,
    'cloud.platform': env.KUBERNETES_SERVICE_HOST ? 'gcp_kubernetes_engine' : 'gcp_compute_engine',
    'host.id': id,
    'host.name': name,
    'host.type': lastPart(machineType),
  })
}

/** What the environment tells of code that runs on no machine of the user's own; undefined for one. */
function googleService(env: Environment): Json | undefined {
  if (env.K_SERVICE) {
    return {
      'cloud.platform': env.FUNCTION_TARGET ? 'gcp_cloud_functions' : 'gcp_cloud_run',
      'faas.name': env.K_SERVICE,
      'faas.version': env.K_REVISION,
    }
  }
  if (env.CLOUD_RUN_JOB) {
    return {
      'cloud.platform': 'gcp_cloud_run',
      'faas.name': env.CLOUD_RUN_JOB,
      'gcp.cloud_run.job.execution': env.CLOUD_RUN_EXECUTION,
      'gcp.cloud_run.job.task_index': Number(env.CLOUD_RUN_TASK_INDEX ?? Number.NaN),
    }
  }
  if (!env.GAE_SERVICE) return undefined
  return {
    'cloud.platform': 'gcp_app_engine',
    'faas.name': env.GAE_SERVICE,
    'faas.version': env.GAE_VERSION,
    'faas.instance': env.GAE_INSTANCE,
  }
}

async function detectAzure(env: Environment): Promise<Attributes> {
  if (env.WEBSITE_SITE_NAME) return attributes(azureSite(env, env.WEBSITE_SITE_NAME))
  const base = env.AZURE_METADATA_ENDPOINT?.replace(/\/$/, '') || LINK_LOCAL
  const { compute } = await askJson(`${base}/metadata/instance?api-version=2021-02-01`, {
    headers: { metadata: 'true' },
  })
  const { location, resourceId, subscriptionId, vmId, vmSize, name, zone } = object(compute)
  return attributes({
    'cloud.provider': 'azure',
    'cloud.platform': env.KUBERNETES_SERVICE_HOST ? 'azure.aks' : 'azure.vm',
    'cloud.region': location,
    'cloud.account.id': subscriptionId,
    'cloud.availability_zone': zone,
    'cloud.resource_id': resourceId,
    'host.id': vmId,
    'host.name': name,
    'host.type': vmSize,
  })
}

/** What App Service tells of a web app or a function, which are sites of it, by the environment: they see no metadata service. */
function azureSite(env: Environment, name: string): Json {
  // <subscription>+<name of the plan's webspace>
  const [subscription] = env.WEBSITE_OWNER_NAME?.split('+') ?? []
  const group = env.WEBSITE_RESOURCE_GROUP
  const path = `/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.Web/sites/${name}`
  const common = {
    'cloud.provider': 'azure',
    'cloud.region': env.REGION_NAME,
    'cloud.account.id': subscription,
    'cloud.resource_id': subscription && group ? path : undefined,
    'deployment.environment.name': env.WEBSITE_SLOT_NAME,
  }
  if (!env.FUNCTIONS_EXTENSION_VERSION) return { ...common, 'cloud.platform': 'azure.app_service' }
  return {
    ...common,
    'cloud.platform': 'azure.functions',
    'faas.name': name,
    'faas.instance': env.WEBSITE_INSTANCE_ID,
    'faas.max_memory': Number(env.WEBSITE_MEMORY_LIMIT_MB ?? Number.NaN) * 1024 * 1024,
  }
}

type Json = Readonly<Record<string, unknown>>

function object(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {}
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function lastPart(path: unknown): string | undefined {
  return text(path)?.split('/').at(-1)
}

const INTEGERS: ReadonlySet<string> = new Set(['faas.max_memory', 'gcp.cloud_run.job.task_index'])

/** Those that are known; numbers become text where the conventions want it. */
function attributes(found: Json): Attributes {
  const known: Attributes = new Map()
  for (const [key, value] of Object.entries(found)) {
    if (INTEGERS.has(key)) {
      if (Number.isInteger(value)) known.set(key, value as number)
    } else if (typeof value === 'number') known.set(key, String(value))
    else if (text(value) !== undefined) known.set(key, value as string)
  }
  return known
}

async function askJson(url: string, options?: RequestOptions): Promise<Json> {
  const text = (await ask(url, options)).replace(KEY_OR_TEXT, (found: string, long: string | undefined) => {
    return long === undefined ? found : `${found.slice(0, -long.length)}"${long}"`
  })
  return object(JSON.parse(text))
}

function ask(url: string, options: RequestOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const { request } = process.getBuiltinModule('node:http')
    const route = routeTo({ url, tls: NO_FILES, proxy: undefined })
    // Away from the cloud packets for this address are lost: a connection that does not come about is to hold nobody.
    let dial: Dial | undefined
    const createConnection: RequestOptions['createConnection'] = (_, made) => {
      dial = new Dial({ route, tunnel: false, protocol: 'http/1.1', names: new NameLookup() }, (error, socket) =>
        made(error as Error | null, socket as Socket),
      )
      return undefined
    }
    const sent = request(url, { ...options, createConnection }, (response) => readAll(response).then(resolve, reject))
    const deadline = setTimeout(() => sent.destroy(new Error('no answer in time')), TIMEOUT_MILLIS)
    deadline.unref()
    sent.on('error', reject)
    sent.on('close', () => {
      clearTimeout(deadline)
      dial?.abort()
    })
    sent.end()
  })
}

async function readAll(response: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) {
    text += chunk
    if (text.length > MAX_ANSWER_CHARS) throw new Error('an answer without an end')
  }
  if (response.statusCode !== 200) throw new Error(`status ${response.statusCode}`)
  return text
}
