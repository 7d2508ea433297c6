import { cp, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryFolder } from './folder.js'
import type { Owner } from './owner.js'
import { root } from './program.js'

/**
 * A copy of a folder of test/apps in which packages that are installed under another name, as `express4`, have their
 * own: the name that the agent's hooks see is that of the folder in node_modules, links followed.
 *
 * @param packages names by which the programs know packages, and under which they are installed, or folders of the app
 * @returns the copy's path
 */
export async function projectOf(
  owner: Owner,
  app: string,
  packages: Readonly<Record<string, string>>,
): Promise<string> {
  const folder = temporaryFolder(owner)
  const project = join(folder, app)
  await cp(join(root, 'test/apps', app), project, { recursive: true })
  for (const [name, source] of Object.entries(packages)) {
    const from = source.startsWith('./') ? join(project, source) : join(root, 'node_modules', source)
    await cp(from, join(project, 'node_modules', name), { recursive: true })
  }
  // What the packages themselves need is found one folder up.
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction')
  return project
}
