import { readFileSync, readlinkSync } from 'node:fs'

/** A folder of a process of whom nothing can be asked is given up when nobody has touched it for so long. */
export const LEASE_MILLIS = 60_000
/** How often a process touches its own. */
export const TOUCH_MILLIS = 15_000

/**
 * The name of a folder that belongs to this process, or thread: the system that knows its id, the id, when the process
 * started, and something random.
 */
export function ownerName(): string {
  const random = Math.random().toString(36).slice(2, 10)
  return [systemKey(), process.pid, startTime(process.pid) ?? '', random].join('_')
}

/** Whether the owner of a folder lives; undefined where another machine or container would have to be asked. */
export function isAlive(owner: string): boolean | undefined {
  const [key, pid, started] = owner.split('_')
  if (key !== systemKey()) return undefined
  try {
    process.kill(Number(pid), 0)
  } catch (error) {
    // Of EPERM it lives, and belongs to somebody else.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  const now = startTime(Number(pid))
  // Its id may be another's by now.
  return now === undefined || started === '' || now === started
}

export function isOwnerName(name: string): boolean {
  return /^[\w-]+_\d+_\d*_[a-z0-9]+$/.test(name)
}

let key: string | undefined

/** The boot and the namespace of process ids, where the system tells them; else the machine's name. */
function systemKey(): string {
  key ??= newSystemKey().replace(/[^A-Za-z0-9]/g, '')
  return key
}

function newSystemKey(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').slice(0, 8) + readlinkSync('/proc/self/ns/pid')
  } catch {
    return process.getBuiltinModule('node:os').hostname()
  }
}

/** When the process started, in the system's own unit: field 22 of proc(5). Undefined where it does not tell. */
function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The second field, a name in parentheses, may hold blanks.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}
