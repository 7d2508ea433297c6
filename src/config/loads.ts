import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { readEnvironment } from './environment.js'

const NAME = 'autospan/register'
const FILE = 'register.mjs'

/**
 * Whether several of the process's flags, those of `NODE_OPTIONS` included, load the agent: by its name, or by the path
 * of `register`, links followed. Other packages have a `register`, too, and programs have files of that name.
 */
export function isLoadedAgain(register: string): boolean {
  const env = readEnvironment()
  // node --test gives its processes as flags, too, what they have by NODE_OPTIONS.
  if (env.NODE_TEST_CONTEXT !== undefined) return false
  const flags = [...process.execArgv, ...(env.NODE_OPTIONS ?? '').split(/\s+/)]
  const given = flags.filter(mayLoad).map((flag) => flag.replace(/^--[\w-]+=/, '').replace(/^["']|["']$/g, ''))
  // To follow links takes a start 1 ms, and nearly all have one flag.
  if (given.length < 2) return false
  return given.filter((name) => name === NAME || realPath(name) === realPath(register)).length > 1
}

function mayLoad(flag: string): boolean {
  return (flag.includes(NAME) || flag.includes(FILE)) && !flag.startsWith('--allow-')
}

/** Of a path or of a file's URL; undefined where there is no such file. */
function realPath(given: string): string | undefined {
  try {
    return realpathSync(given.startsWith('file:') ? fileURLToPath(given) : given)
  } catch {
    return undefined
  }
}
