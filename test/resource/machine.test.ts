import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { detectClouds } from '../../src/resource/cloud.js'
import { createResource } from '../../src/resource/detect.js'
import { kubernetesAttributes } from '../../src/resource/kubernetes.js'
import { configOf } from '../config/reading.js'
import { temporaryFolder } from '../harness/folder.js'
import type { Owner } from '../harness/owner.js'
import { atEnd, file } from '../harness/owner.js'

const folder = temporaryFolder(file)

const ID = 'c'.repeat(64)
const UID = '2c48913c-b29f-11e7-9350-020968147796'
const MACHINE_ID = 'd'.repeat(32)

/** The resource's attributes on a machine that has `files`. */
function attributesOn(files: Record<string, string>, env: Record<string, string> = {}): Record<string, unknown> {
  const root = mkdtempSync(join(folder, 'root-'))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), text)
  }
  const { attributes } = createResource(configOf(env), '1.2.3', { entryFile: '', env, root })
  const pairs = Array.from({ length: attributes.length / 2 }, (_, i) => [attributes[2 * i], attributes[2 * i + 1]])
  return Object.fromEntries(pairs)
}

test('a machine has its id, and a container its own', () => {
  const machine = { 'etc/machine-id': `${MACHINE_ID}\n` }
  assert.equal(attributesOn(machine)['host.id'], MACHINE_ID)
  assert.equal(attributesOn({ 'var/lib/dbus/machine-id': MACHINE_ID })['host.id'], MACHINE_ID)
  assert.equal(attributesOn({ 'etc/machine-id': 'uninitialized\n' })['host.id'], undefined)
  const contained = attributesOn({ ...machine, 'proc/self/cgroup': `1:name=systemd:/docker/${ID}` })
  assert.deepEqual([contained['host.id'], contained['container.id']], [undefined, ID])
  const byMount = attributesOn({
    'proc/self/cgroup': '0::/',
    'proc/self/mountinfo': `1 2 0:1 /containers/${ID}/hosts /etc/hosts`,
  })
  assert.equal(byMount['container.id'], ID)
})

test('OTEL_NODE_RESOURCE_DETECTORS chooses, and what the user has set stays', () => {
  const files = { 'etc/machine-id': MACHINE_ID, 'proc/self/cgroup': `1:name=systemd:/docker/${ID}` }
  const groups = (env: Record<string, string>) => {
    const found = Object.keys(attributesOn(files, { OTEL_SERVICE_NAME: 'shop', ...env }))
    return [...new Set(found.map((key) => (key.startsWith('service.') ? key : key.split('.')[0])))].sort().join(' ')
  }
  for (const [detectors, expected] of [
    ['', 'container host os process service.instance.id service.name telemetry'],
    ['none', 'service.name telemetry'],
    ['env', 'service.name telemetry'],
    ['os,serviceinstance', 'os service.instance.id service.name telemetry'],
    ['HOST,container', 'container host service.name telemetry'],
  ] as const) {
    assert.equal(groups({ OTEL_NODE_RESOURCE_DETECTORS: detectors }), expected, detectors)
  }
  const given = attributesOn(files, { OTEL_RESOURCE_ATTRIBUTES: 'container.id=mine,host.name=box' })
  assert.deepEqual([given['container.id'], given['host.name']], ['mine', 'box'])
})

test('a pod tells of itself by the downward API, its files and its name', () => {
  const pod = { KUBERNETES_SERVICE_HOST: '10.0.0.1' }
  const files = {
    'proc/self/mountinfo': [
      `1 2 0:1 /var/lib/kubelet/pods/${UID}/etc-hosts /etc/hosts rw`,
      `1 2 0:1 /var/lib/kubelet/pods/${UID}/containers/app/0a1b2c3d /dev/termination-log rw`,
    ].join('\n'),
    'var/run/secrets/kubernetes.io/serviceaccount/namespace': 'production\n',
  }
  const found = (attributes: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(attributes).filter(([key]) => key.startsWith('k8s.')))
  assert.deepEqual(found(attributesOn(files, pod)), {
    'k8s.pod.uid': UID,
    'k8s.container.name': 'app',
    'k8s.namespace.name': 'production',
  })
  assert.deepEqual(found(attributesOn(files, {})), {})
  const env = {
    ...pod,
    MY_POD_NAME: 'shop-0',
    K8S_NODE_NAME: 'node-1',
    POD_NAMESPACE: 'test',
    OTEL_RESOURCE_ATTRIBUTES_POD_UID: ' uid ',
  }
  assert.deepEqual(found(attributesOn(files, env)), {
    'k8s.pod.name': 'shop-0',
    'k8s.pod.uid': 'uid',
    'k8s.namespace.name': 'test',
    'k8s.node.name': 'node-1',
    'k8s.container.name': 'app',
  })
})

test("a pod's host name is its own name where Kubernetes has made it, and may be its node's elsewhere", () => {
  for (const [hostName, podName] of [
    ['shop-7d4b9c6f5-x2x4z', 'shop-7d4b9c6f5-x2x4z'],
    ['ip-10-0-0-1', undefined],
    ['node-pool-aeiou', undefined],
    ['shop', undefined],
  ] as const) {
    assert.equal(kubernetesAttributes({}, () => undefined, {}, hostName).get('k8s.pod.name'), podName)
  }
})

test('annotations for OpenTelemetry are attributes, and name the service where the user has not', () => {
  const files = {
    'etc/podinfo/annotations': [
      'kubernetes.io/config.seen="2026-11-21T06:00:00Z"',
      'resource.opentelemetry.io/service.name="shop"',
      'resource.opentelemetry.io/team="a \\"b\\"\\nc"',
      'resource.opentelemetry.io/bad=unquoted',
      'nonsense',
    ].join('\n'),
  }
  const pod = { KUBERNETES_SERVICE_HOST: '10.0.0.1' }
  const attributes = attributesOn(files, pod)
  assert.deepEqual([attributes['service.name'], attributes.team, attributes.bad], ['shop', 'a "b"\nc', undefined])
  assert.equal(attributesOn(files, { ...pod, OTEL_SERVICE_NAME: 'mine' })['service.name'], 'mine')
  assert.equal(attributesOn(files, {})['service.name'], 'unknown_service:node')
})

/** A metadata service that answers by path, and the headers that it was asked with. */
async function metadata(owner: Owner, answers: Record<string, unknown>) {
  const asked: IncomingMessage[] = []
  const server = createServer((request, response) => {
    asked.push(request)
    const answer = answers[`${request.method} ${request.url}`]
    if (answer === undefined) response.writeHead(404)
    response.end(typeof answer === 'string' ? answer : JSON.stringify(answer))
  }).listen(0, '127.0.0.1')
  atEnd(owner, async () => {
    server.close()
  })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { host: `127.0.0.1:${port}`, asked }
}

test('the clouds tell of the machine when they are asked', async (t) => {
  const { host, asked } = await metadata(t, {
    'PUT /latest/api/token': 'TOKEN',
    'GET /latest/dynamic/instance-identity/document': {
      region: 'eu-central-1',
      accountId: '123456789012',
      availabilityZone: 'eu-central-1a',
      instanceId: 'i-0',
      instanceType: 't3.micro',
      imageId: 'ami-0',
    },
    'GET /ecs': { DockerId: ID, DockerName: 'app', ContainerARN: 'arn:c' },
    'GET /ecs/task': {
      TaskARN: 'arn:aws:ecs:us-east-1:1234:task/default/t',
      Cluster: 'arn:cluster',
      LaunchType: 'FARGATE',
    },
    'GET /computeMetadata/v1/?recursive=true':
      '{"project":{"projectId":"p"},"instance":{"id":1234567890123456789,"name":"vm","zone":"projects/1/zones/europe-west3-b","machineType":"projects/1/machineTypes/e2-small"}}',
    'GET /metadata/instance?api-version=2021-02-01': {
      compute: { location: 'westeurope', vmId: 'v', vmSize: 'D2', name: 'vm', subscriptionId: 's', zone: '' },
    },
  })
  const SITE = {
    WEBSITE_SITE_NAME: 'shop',
    WEBSITE_OWNER_NAME: 'sub-1+group-1-WestEuropewebspace-Linux',
    WEBSITE_RESOURCE_GROUP: 'group-1',
    WEBSITE_SLOT_NAME: 'Production',
    REGION_NAME: 'West Europe',
  }
  const SITE_ATTRIBUTES = {
    'cloud.provider': 'azure',
    'cloud.region': 'West Europe',
    'cloud.account.id': 'sub-1',
    'cloud.resource_id': '/subscriptions/sub-1/resourceGroups/group-1/providers/Microsoft.Web/sites/shop',
    'deployment.environment.name': 'Production',
  }
  for (const [name, env, expected] of [
    [
      'aws',
      { AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://${host}/` },
      {
        'cloud.provider': 'aws',
        'cloud.platform': 'aws_ec2',
        'cloud.region': 'eu-central-1',
        'cloud.account.id': '123456789012',
        'cloud.availability_zone': 'eu-central-1a',
        'host.id': 'i-0',
        'host.type': 't3.micro',
        'host.image.id': 'ami-0',
      },
    ],
    [
      'aws',
      { ECS_CONTAINER_METADATA_URI_V4: `http://${host}/ecs` },
      {
        'cloud.provider': 'aws',
        'cloud.platform': 'aws_ecs',
        'cloud.region': 'us-east-1',
        'cloud.account.id': '1234',
        'cloud.resource_id': 'arn:c',
        'container.id': ID,
        'container.name': 'app',
        'aws.ecs.container.arn': 'arn:c',
        'aws.ecs.cluster.arn': 'arn:cluster',
        'aws.ecs.launchtype': 'fargate',
        'aws.ecs.task.arn': 'arn:aws:ecs:us-east-1:1234:task/default/t',
      },
    ],
    [
      'aws',
      { AWS_LAMBDA_FUNCTION_NAME: 'f', AWS_REGION: 'us-east-1', AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128' },
      {
        'cloud.provider': 'aws',
        'cloud.platform': 'aws_lambda',
        'cloud.region': 'us-east-1',
        'faas.name': 'f',
        'faas.max_memory': 134217728,
      },
    ],
    [
      'gcp',
      { GCE_METADATA_HOST: host },
      {
        'cloud.provider': 'gcp',
        'cloud.account.id': 'p',
        'cloud.availability_zone': 'europe-west3-b',
        'cloud.region': 'europe-west3',
        'cloud.platform': 'gcp_compute_engine',
        'host.id': '1234567890123456789',
        'host.name': 'vm',
        'host.type': 'e2-small',
      },
    ],
    [
      'azure',
      { AZURE_METADATA_ENDPOINT: `http://${host}` },
      {
        'cloud.provider': 'azure',
        'cloud.platform': 'azure.vm',
        'cloud.region': 'westeurope',
        'cloud.account.id': 's',
        'host.id': 'v',
        'host.name': 'vm',
        'host.type': 'D2',
      },
    ],
    ['azure', SITE, { ...SITE_ATTRIBUTES, 'cloud.platform': 'azure.app_service' }],
    ['azure', { WEBSITE_SITE_NAME: 'shop' }, { 'cloud.provider': 'azure', 'cloud.platform': 'azure.app_service' }],
    [
      'azure',
      { ...SITE, FUNCTIONS_EXTENSION_VERSION: '~4', WEBSITE_INSTANCE_ID: 'i-1', WEBSITE_MEMORY_LIMIT_MB: '1536' },
      {
        ...SITE_ATTRIBUTES,
        'cloud.platform': 'azure.functions',
        'faas.name': 'shop',
        'faas.instance': 'i-1',
        'faas.max_memory': 1610612736,
      },
    ],
  ] as const) {
    assert.deepEqual(Object.fromEntries(await detectClouds([name], env)), expected)
  }
  for (const [name, variable, base, platform] of [
    ['aws', 'AWS_EC2_METADATA_SERVICE_ENDPOINT', `http://${host}`, 'aws_eks'],
    ['azure', 'AZURE_METADATA_ENDPOINT', `http://${host}`, 'azure.aks'],
    ['gcp', 'GCE_METADATA_HOST', host, 'gcp_kubernetes_engine'],
  ] as const) {
    const found = await detectClouds([name], { [variable]: base, KUBERNETES_SERVICE_HOST: '10.0.0.1' })
    assert.equal(found.get('cloud.platform'), platform)
  }
  assert.equal(asked.find(({ url }) => url?.endsWith('document'))?.headers['x-aws-ec2-metadata-token'], 'TOKEN')
  assert.equal(asked.find(({ url }) => url?.startsWith('/computeMetadata'))?.headers['metadata-flavor'], 'Google')
  assert.equal(asked.find(({ url }) => url?.startsWith('/metadata'))?.headers.metadata, 'true')
})

test('a cloud that is not there tells nothing', async (t) => {
  const { host } = await metadata(t, { 'GET /computeMetadata/v1/?recursive=true': 'no JSON' })
  const env = {
    AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://${host}`,
    GCE_METADATA_HOST: host,
    AZURE_METADATA_ENDPOINT: 'http://127.0.0.1:1',
  }
  assert.equal((await detectClouds(['aws', 'gcp', 'azure'], env)).size, 0)
})
