import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { atEnd, type Owner } from './owner.js'
import { root } from './program.js'

/**
 * A project's folder as a user has it: with the programs of test/apps/<app>, and with the package `alias` of
 * node_modules under its own name. That is a copy, for hooks go by real paths, and a link's is its target's.
 * It stands in dist/, so that other packages are found above it, and goes with its owner.
 */
export async function installedAs(owner: Owner, name: string, alias: string, app: string = name): Promise<string> {
  const projects = join(root, 'dist/projects')
  await mkdir(projects, { recursive: true })
  const project = await mkdtemp(join(projects, `${alias}-`))
  atEnd(owner, () => rm(project, { recursive: true, force: true }))
  await cp(join(root, 'test/apps', app), project, { recursive: true })
  await cp(join(root, 'node_modules', alias), join(project, 'node_modules', name), { recursive: true })
  return project
}
