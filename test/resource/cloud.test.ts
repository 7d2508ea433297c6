import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { detectClouds } from '../../src/resource/cloud.js'

const METADATA = JSON.stringify({
  project: { projectId: 'shop' },
  instance: { id: 'i-1', name: 'vm-1', machineType: 'projects/1/machineTypes/e2', zone: 'projects/1/zones/us-east1-b' },
})
const PLACE = {
  'cloud.provider': 'gcp',
  'cloud.account.id': 'shop',
  'cloud.availability_zone': 'us-east1-b',
  'cloud.region': 'us-east1',
}
const MACHINE = { 'host.id': 'i-1', 'host.name': 'vm-1', 'host.type': 'e2' }

test('what Google runs is told from the machine that it runs on', async (t) => {
  const server = createServer((_, answer) => answer.end(METADATA)).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  const GCE_METADATA_HOST = `127.0.0.1:${(server.address() as AddressInfo).port}`
  for (const [env, expected] of [
    [{}, { 'cloud.platform': 'gcp_compute_engine', ...MACHINE }],
    [{ KUBERNETES_SERVICE_HOST: '10.0.0.1' }, { 'cloud.platform': 'gcp_kubernetes_engine', ...MACHINE }],
    [
      { K_SERVICE: 'till', K_REVISION: 'till-7' },
      { 'cloud.platform': 'gcp_cloud_run', 'faas.name': 'till', 'faas.version': 'till-7', 'faas.instance': 'i-1' },
    ],
    [
      { K_SERVICE: 'till', FUNCTION_TARGET: 'pay' },
      { 'cloud.platform': 'gcp_cloud_functions', 'faas.name': 'till', 'faas.instance': 'i-1' },
    ],
    [
      { CLOUD_RUN_JOB: 'report', CLOUD_RUN_EXECUTION: 'report-x', CLOUD_RUN_TASK_INDEX: '0' },
      {
        'cloud.platform': 'gcp_cloud_run',
        'faas.name': 'report',
        'faas.instance': 'i-1',
        'gcp.cloud_run.job.execution': 'report-x',
        'gcp.cloud_run.job.task_index': 0,
      },
    ],
    [
      { GAE_SERVICE: 'default', GAE_VERSION: 'v1', GAE_INSTANCE: 'abc' },
      { 'cloud.platform': 'gcp_app_engine', 'faas.name': 'default', 'faas.version': 'v1', 'faas.instance': 'abc' },
    ],
  ] as const) {
    const found = await detectClouds(['gcp'], { ...env, GCE_METADATA_HOST })
    assert.deepEqual(Object.fromEntries(found), { ...PLACE, ...expected })
  }
})
