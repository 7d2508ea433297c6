import { join } from 'node:path'
import { INSTRUMENTATIONS } from '../../instrumentations/index.js'
import { type Environment, readEnvironment } from '../config/environment.js'
import { openSettings, readConfig, type Sources } from '../config/read.js'
import { printable } from '../diag/printable.js'
import { createResource } from '../resource/detect.js'
import { VERSION } from '../version.js'
import { reportBackend } from './backend.js'
import { reportControl } from './control.js'
import { reportLibraries } from './libraries.js'
import { Report } from './report.js'
import { reportSettings } from './settings.js'

export interface DoctorOptions {
  /** Tells of each variable, and not only of those that are set. */
  readonly all?: boolean
  /** The program's entry file, where it is known; else a file of the folder stands for it. */
  readonly entryFile?: string | undefined
  readonly env?: Environment
  readonly folder?: string
}

/**
 * Looks at all that can be wrong before a span arrives: Node.js, settings, libraries, the backend.
 *
 * @returns how many problems there are
 */
export async function diagnose(write: (text: string) => void, options: DoctorOptions = {}): Promise<number> {
  const { all = false, env = readEnvironment(), folder = process.cwd() } = options
  const entryFile = options.entryFile || join(folder, 'index.js')
  const report = new Report(write)
  const complaints: string[] = []
  const names = INSTRUMENTATIONS.map(({ name }) => name)
  const config = readConfig(env, names, (line) => complaints.push(line))
  const sources = openSettings(env, () => {})

  report.section(`autospan ${VERSION}`)
  report.fine(`Node.js ${process.versions.node} on ${process.platform} ${process.arch}`)
  report.note('libraries are hooked where they are required and where they are imported')
  if (config.enabled)
    report.fine(`the service is called ${printable(createResource(config, VERSION, { entryFile }).serviceName)}`)
  else report.problem('the agent is switched off', whyDisabled(sources))

  report.section('Settings')
  reportSettings(report, env, all)
  for (const complaint of complaints) report.problem(complaint)
  // Nobody has set what counts else.
  if (sources.variables === undefined) return concluded(report)
  reportControl(report, config, env, names, folder)

  report.section(`Libraries, as ${folder} has them`)
  reportLibraries(report, INSTRUMENTATIONS, config.instrumentations, folder)

  report.section('Backend')
  await reportBackend(report, config, entryFile)
  return concluded(report)
}

function whyDisabled({ variables, file }: Sources): string {
  if (variables === undefined) return 'the configuration file cannot be used, see below'
  return file === undefined ? 'OTEL_SDK_DISABLED or OTEL_ENABLED says so' : 'the configuration file says so'
}

function concluded(report: Report): number {
  report.verdict()
  return report.problems
}
