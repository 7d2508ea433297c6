/** 64 hex digits as a part of a path of cgroups: alone, or as in `docker-<id>.scope` and `...slice:cri-containerd:<id>`. */
const CGROUP_ID = /(?:^|[/:-])([\da-f]{64})(?=\.scope|\/|$)/g
/** How AWS Fargate names a container in its cgroup. */
const FARGATE_ID = /\/([\da-f]{32}-\d{1,20})$/
/** Files that a container runtime lends to the container lie in a folder with the container's id. */
const LENT_FILE = /\/(?:overlay-)?containers\/([\da-f]{64})\/\S*(?:hostname|hosts|resolv\.conf)$/
const POD_UID = '[\\da-f]{8}[-_][\\da-f]{4}[-_][\\da-f]{4}[-_][\\da-f]{4}[-_][\\da-f]{12}'
const CGROUP_POD = new RegExp(`kubepods.*[/-]pod(${POD_UID}|[\\da-f]{32})(?:\\.slice)?(?:[/:]|$)`)
const LENT_POD = new RegExp(`/pods/(${POD_UID}|[\\da-f]{32})/(?:etc-hosts$|containers/([^/]+)/[^/]+$)`)

/** What the kernel's files tell of the container that the process runs in. */
export interface ContainerFacts {
  readonly id?: string
  /** Of Kubernetes. */
  readonly podUid?: string
  /** Of Kubernetes: the container's name within its pod. */
  readonly containerName?: string
}

/**
 * Reads the paths of `/proc/self/cgroup`, which with version 1 of cgroups, and with version 2 where the host's
 * namespace is shared, end in the container's id.
 */
export function parseCgroup(text: string): ContainerFacts {
  let id: string | undefined
  let podUid: string | undefined
  for (const line of text.split('\n')) {
    const path = line.slice(line.indexOf(':', line.indexOf(':') + 1) + 1).trim()
    id ??= [...path.matchAll(CGROUP_ID)].at(-1)?.[1] ?? FARGATE_ID.exec(path)?.[1]
    podUid ??= dashed(CGROUP_POD.exec(path)?.[1])
  }
  return facts(id, podUid, undefined)
}

/**
 * Reads `/proc/self/mountinfo`: with version 2 of cgroups the process sees nothing of its own path, but the mounts of
 * `/etc/hostname` and its like come from folders named by ids. In a pod of Kubernetes they are those of its sandbox, with
 * containerd, CRI-O and Docker alike, whose id is not the container's, and is not taken for it.
 */
export function parseMountInfo(text: string): ContainerFacts {
  let id: string | undefined
  let podUid: string | undefined
  let containerName: string | undefined
  for (const line of text.split('\n')) {
    // Fields of proc(5): id, parent, device, root, mount point.
    const root = line.split(' ', 5)[3] ?? ''
    id ??= LENT_FILE.exec(root)?.[1]
    const pod = LENT_POD.exec(root)
    podUid ??= pod?.[1]
    containerName ??= pod?.[2]
  }
  return facts(podUid === undefined ? id : undefined, podUid, containerName)
}

function facts(id: string | undefined, podUid: string | undefined, containerName: string | undefined): ContainerFacts {
  return {
    ...(id === undefined ? {} : { id }),
    ...(podUid === undefined ? {} : { podUid }),
    ...(containerName === undefined ? {} : { containerName }),
  }
}

/** systemd has underscores where the uid has dashes. */
function dashed(uid: string | undefined): string | undefined {
  return uid?.replaceAll('_', '-')
}
