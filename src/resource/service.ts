import { readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname, join, resolve, sep } from 'node:path'
import type { Environment } from '../config/environment.js'

/** What a program's package.json says of it. */
export interface ProgramPackage {
  readonly name: string
  readonly version: string | undefined
}

/** By which pm2 starts programs, in its modes `fork` and `cluster`. */
const PM2 = /[\\/]pm2[\\/]lib[\\/]ProcessContainer\w*\.js$/
const IN_PACKAGES = `${sep}node_modules${sep}`

/** The program's entry file: as in `process.argv[1]`, or as pm2 tells it, which starts programs by a file of its own. */
export function findEntryFile(env: Environment, entryFile = process.argv[1]): string | undefined {
  if (entryFile === undefined || !PM2.test(entryFile)) return entryFile
  try {
    return env.pm_exec_path ?? (JSON.parse(env.pm2_env ?? '{}').pm_exec_path as string | undefined) ?? entryFile
  } catch {
    return entryFile
  }
}

/**
 * The package that a program belongs to: of the nearest package.json with a name, upward from its entry file. Files
 * without a name, as builds put them beside their output to say `"type": "module"`, are passed over, and so are those
 * that cannot be read.
 *
 * Symbolic links are followed. A program that is itself a dependency, such as `next` or `nest`, belongs to the project
 * which it is installed in, and of a workspace to the package in whose folder it was started; a globally installed one
 * has none and stands for itself.
 *
 * @param entryFile the script as in `process.argv[1]`: it may be a directory, or lack its extension
 */
export function findProgramPackage(entryFile: string, startFolder = currentFolder()): ProgramPackage | undefined {
  const path = realPath(resolve(entryFile))
  const dependency = path.indexOf(IN_PACKAGES)
  if (dependency < 0) return packageAbove(path)
  const project = path.slice(0, dependency)
  const isWithin = startFolder.startsWith(project + sep) && !startFolder.includes(IN_PACKAGES)
  return packageAbove(isWithin ? startFolder : project) ?? packageAbove(path)
}

/** Empty where the folder is gone. */
function currentFolder(): string {
  try {
    return process.cwd()
  } catch {
    return ''
  }
}

/** As `node app` names `app.js`, the last part of the path may not exist. */
function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

function packageAbove(path: string): ProgramPackage | undefined {
  for (let folder = path; ; folder = dirname(folder)) {
    const found = readPackage(join(folder, 'package.json'))
    if (found !== undefined) return found
    if (dirname(folder) === folder) return undefined
  }
}

function readPackage(file: string): ProgramPackage | undefined {
  try {
    // Asked first, for an exception is the dearer answer, and a pipe of this name would be waited for.
    if (!statSync(file, { throwIfNoEntry: false })?.isFile()) return undefined
    const { name, version } = JSON.parse(readFileSync(file, 'utf8'))
    if (typeof name !== 'string' || name.trim() === '') return undefined
    return { name: name.trim(), version: typeof version === 'string' && version !== '' ? version : undefined }
  } catch {
    return undefined
  }
}
