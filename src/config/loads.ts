import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { readEnvironment } from './environment.js'

/**
 * How many of the process's flags, those of `NODE_OPTIONS` included, load the agent: by its name, or by the path of
 * `register`, links followed. Other packages have a `register`, too, and programs have files of that name.
 */
export function countLoads(register: string): number {
  const env = readEnvironment()
  // node --test gives its processes as flags, too, what they have by NODE_OPTIONS.
  if (env.NODE_TEST_CONTEXT !== undefined) return 1
  const flags = [...process.execArgv, ...(env.NODE_OPTIONS ?? '').split(/\s+/)]
  return flags.filter((flag) => {
    const given = flag.replace(/^--[\w-]+=/, '').replace(/^["']|["']$/g, '')
    return given === 'autospan/register' || (given.endsWith('register.mjs') && realPath(given) === realPath(register))
  }).length
}

/** Of a path or of a file's URL; undefined where there is no such file. */
function realPath(given: string): string | undefined {
  try {
    return realpathSync(given.startsWith('file:') ? fileURLToPath(given) : given)
  } catch {
    return undefined
  }
}
