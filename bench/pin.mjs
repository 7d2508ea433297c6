// Which core a process runs on: programs on one, the load, the sink and the database on another.
import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

const hasTaskset = process.platform === 'linux' && spawnSync('taskset', ['--version']).status === 0

export const isPinned = hasTaskset && availableParallelism() > 1

export const PROGRAM_CORE = 0
export const HELPER_CORE = 1
export const ANY_CORE = undefined

/** The command line that runs `command` on a core; as it is where nothing can be pinned, or is to be. */
export function pinned(core, command) {
  return isPinned && core !== ANY_CORE ? ['taskset', '-c', String(core), ...command] : command
}
