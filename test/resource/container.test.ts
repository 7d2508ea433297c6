import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ContainerFacts, parseCgroup, parseMountInfo } from '../../src/resource/container.js'

const ID = '9435fc4c1d9f0b6e0c1b0b6a0c1b0b6e0c1b0b6a0c1b0b6e0c1b0b6a0c1b0b6e'
const OTHER = 'a'.repeat(64)
const UID = '2c48913c-b29f-11e7-9350-020968147796'

test('the id of a container is in the paths of version 1 of cgroups', () => {
  for (const [lines, facts] of [
    [`13:name=systemd:/docker/${ID}\n12:pids:/docker/${ID}\n`, { id: ID }],
    [`1:cpu:/docker/${OTHER}/docker/${ID}`, { id: ID }],
    [`1:name=systemd:/system.slice/docker-${ID}.scope`, { id: ID }],
    [`1:name=systemd:/machine.slice/libpod-${ID}.scope/container`, { id: ID }],
    [`11:memory:/kubepods/besteffort/pod${UID}/${ID}`, { id: ID, podUid: UID }],
    [`11:memory:/kubepods/pod${UID}/${ID}`, { id: ID, podUid: UID }],
    [
      `1:x:/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${UID.replaceAll('-', '_')}.slice/crio-${ID}.scope`,
      { id: ID, podUid: UID },
    ],
    [
      `1:x:/system.slice/containerd.service/kubepods-burstable-pod${UID.replaceAll('-', '_')}.slice:cri-containerd:${ID}`,
      { id: ID, podUid: UID },
    ],
    [
      `0::/kubepods.slice/kubepods-pod${'b'.repeat(32)}.slice/cri-containerd-${ID}.scope`,
      { id: ID, podUid: 'b'.repeat(32) },
    ],
    [`9:perf_event:/ecs/55091c13-b8cf-4801-b527-f4601742204d/${ID}`, { id: ID }],
    [
      `9:x:/ecs/4f7b8d7f6a3b4f7b8d7f6a3b4f7b8d7f/4f7b8d7f6a3b4f7b8d7f6a3b4f7b8d7f-1234567890`,
      { id: '4f7b8d7f6a3b4f7b8d7f6a3b4f7b8d7f-1234567890' },
    ],
    ['0::/', {}],
    ['0::/user.slice/user-1000.slice/session-3.scope', {}],
    [`1:x:/docker/${ID}0`, {}],
    [`1:x:/docker/x${ID}`, {}],
    [`1:x:/docker/${ID.slice(1)}`, {}],
    [`1:x:/docker/${ID.toUpperCase()}`, {}],
    ['', {}],
    ['garbage', {}],
  ] as const satisfies readonly (readonly [string, ContainerFacts])[]) {
    assert.deepEqual(parseCgroup(lines), facts, lines)
  }
})

test('with version 2 the mounts tell it, where their folders are named by the container', () => {
  const mount = (root: string, point: string) => `473 456 254:1 ${root} ${point} rw,relatime - ext4 /dev/vda1 rw`
  for (const [lines, facts] of [
    [[mount(`/docker/containers/${ID}/resolv.conf`, '/etc/resolv.conf')], { id: ID }],
    [[mount(`/var/lib/docker/containers/${ID}/hostname`, '/etc/hostname')], { id: ID }],
    [[mount(`/var/lib/containers/storage/overlay-containers/${ID}/userdata/hosts`, '/etc/hosts')], { id: ID }],
    [
      [mount('/', '/proc'), mount(`/containers/overlay-containers/${ID}/userdata/hostname`, '/etc/hostname')],
      { id: ID },
    ],
    [[mount(`/io.containerd.grpc.v1.cri/sandboxes/${ID}/hostname`, '/etc/hostname')], {}],
    [
      [
        mount(`/var/lib/kubelet/pods/${UID}/etc-hosts`, '/etc/hosts'),
        mount(`/var/lib/kubelet/pods/${UID}/containers/shop/0a1b2c3d`, '/dev/termination-log'),
        mount(`/var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/${ID}/resolv.conf`, '/etc/resolv.conf'),
      ],
      { podUid: UID, containerName: 'shop' },
    ],
    [
      [
        mount(`/containers/storage/overlay-containers/${ID}/userdata/hostname`, '/etc/hostname'),
        mount(`/var/lib/kubelet/pods/${UID}/containers/shop/0a1b2c3d`, '/dev/termination-log'),
      ],
      { podUid: UID, containerName: 'shop' },
    ],
    [
      [
        mount(`/var/lib/docker/containers/${ID}/hostname`, '/etc/hostname'),
        mount(`/var/lib/kubelet/pods/${UID}/etc-hosts`, '/etc/hosts'),
      ],
      { podUid: UID },
    ],
    [[mount(`/var/lib/docker/volumes/${ID}/_data`, '/data')], {}],
    [[mount(`/var/lib/docker/containers/${ID}/mounts/shm`, '/dev/shm')], {}],
    [['', 'a b', ' '], {}],
  ] as const satisfies readonly (readonly [readonly string[], ContainerFacts])[]) {
    assert.deepEqual(parseMountInfo(lines.join('\n')), facts, lines.join('\n'))
  }
})
