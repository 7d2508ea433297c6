// What is measured beside the agent, and is not part of the project: installed when it is asked for.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { agentFolder } from './agents.mjs'

const require = createRequire(import.meta.url)

/** Installs the agent's packages where they are not there yet; the versions are pinned in agents.mjs. */
export function installAgent({ folder, packages }) {
  if (packages === undefined) return
  const path = agentFolder(folder)
  const names = Object.keys(packages)
  if (names.every((name) => versionAt(join(path, 'node_modules', name)) === packages[name])) return
  console.error(`installing ${names.join(' and ')} into ${path} ...`)
  mkdirSync(path, { recursive: true })
  writeFileSync(join(path, 'package.json'), JSON.stringify({ private: true, dependencies: packages }, null, 2))
  const command = ['install', '--no-audit', '--no-fund', '--loglevel=error']
  const { status } = spawnSync('npm', command, { cwd: path, stdio: ['ignore', 2, 2], timeout: 300_000 })
  if (status !== 0) throw new Error(`npm could not install ${names.join(' and ')}`)
}

/** Frameworks that the project has under aliases. */
const FRAMEWORKS = { express: 'express5', fastify: 'fastify5' }

/**
 * Copies them to apps/node_modules under their own names, for agents know a package by its folder's name. What they
 * depend on is found from there as from where they were.
 *
 * @returns the versions of all libraries
 */
export function installLibraries() {
  const versions = { pg: require('pg/package.json').version }
  for (const [name, alias] of Object.entries(FRAMEWORKS)) {
    const source = folderOf(alias)
    const target = fileURLToPath(new URL(`apps/node_modules/${name}`, import.meta.url))
    versions[name] = versionAt(source)
    if (versionAt(target) === versions[name]) continue
    rmSync(target, { recursive: true, force: true })
    cpSync(source, target, { recursive: true, dereference: true })
  }
  return versions
}

function folderOf(name) {
  let path = dirname(require.resolve(name))
  while (!existsSync(join(path, 'package.json'))) path = dirname(path)
  return path
}

function versionAt(folder) {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version
  } catch {
    return undefined
  }
}
