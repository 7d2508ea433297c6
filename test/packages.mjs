import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const QUIET = ['--no-audit', '--no-fund', '--silent', '--prefer-offline', '--no-save', '--no-package-lock']

/** Has npm put the packages of a package.json into a folder, by these flags too, unless they are there. */
export async function installPackages(list, folder, flags = []) {
  mkdirSync(folder, { recursive: true })
  // A copy of the list, made when all of it is there.
  const complete = join(folder, 'installed.json')
  if (existsSync(complete) && readFileSync(complete, 'utf8') === readFileSync(list, 'utf8')) return
  rmSync(complete, { force: true })
  copyFileSync(list, join(folder, 'package.json'))
  console.log(`installing the packages of ${list} from npm`)
  const args = ['install', '--ignore-scripts', ...flags, ...QUIET, '--prefix', folder]
  const [code] = await once(spawn('npm', args, { stdio: 'inherit' }), 'exit')
  if (code !== 0) throw new Error(`npm could not install the packages of ${list}`)
  copyFileSync(list, complete)
}
