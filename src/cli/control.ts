import { readFileSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import type { Config } from '../config/config.js'
import { CHANGEABLE, ControlSource } from '../config/control.js'
import type { Environment } from '../config/environment.js'
import type { Report } from './report.js'

/** Tells what the control file says now, where there is to be one. */
export function reportControl(
  report: Report,
  { control }: Config,
  env: Environment,
  libraries: readonly string[],
  folder: string,
): void {
  if (control?.file === undefined) return
  const path = resolve(folder, control.file)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') report.note(`${path} is not there yet; until it is, the settings above count`)
    else report.problem(`${path} cannot be read: ${code ?? error}`)
    return
  }
  const complaints: string[] = []
  const source = new ControlSource(env, libraries, basename(path))
  source.read(text, (line) => complaints.push(line))
  for (const complaint of complaints) report.problem(complaint)
  const names = Object.keys(source.given)
  report.note(`${path} sets ${names.join(', ') || `nothing: it may set ${CHANGEABLE.join(', ')}`}`)
}
