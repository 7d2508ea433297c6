#!/usr/bin/env node
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readEnvironment } from '../config/environment.js'
import { didYouMean, nearest } from '../config/spelling.js'
import { VERSION } from '../version.js'
import { HELP, HELP_DOCTOR, HELP_RUN } from './help.js'
import { endAs, REGISTER, runCommand, withAgent } from './program.js'

/** How the agent tells the program's file, where it has the doctor called. */
const ENTRY = '--entry='

const [command, ...args] = process.argv.slice(2)

// Who reads has seen enough, as `head` has: what is found goes on to count for the exit code.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})

void main().catch((error: unknown) => {
  process.stderr.write(`autospan: ${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 1
})

async function main(): Promise<void> {
  switch (command) {
    case 'run':
      await run(args)
      break
    case 'doctor':
      await doctor(args)
      break
    case 'help':
    case '--help':
    case '-h':
    case undefined:
      process.stdout.write(args[0] === 'doctor' ? HELP_DOCTOR : args[0] === 'run' ? HELP_RUN : HELP)
      break
    case 'version':
    case '--version':
    case '-v':
      process.stdout.write(`${VERSION}\n`)
      break
    default:
      refuse(`there is no command ${command}${didYouMean(nearest(command, ['run', 'doctor', 'help', 'version']))}`)
  }
}

async function run(args: readonly string[]): Promise<void> {
  if (isHelp(args[0])) process.stdout.write(HELP_RUN)
  else if (args[0] === undefined) refuse('there is nothing to run')
  else if (args[0] !== '--')
    endAs(await runCommand(process.execPath, ['--import', REGISTER, ...args], { ...readEnvironment() }))
  else if (args[1] === undefined) refuse('there is no command behind --')
  else endAs(await runCommand(args[1], args.slice(2), withAgent()))
}

async function doctor(args: readonly string[]): Promise<void> {
  const dashes = args.indexOf('--')
  const flags = dashes < 0 ? args : args.slice(0, dashes)
  const [program, ...rest] = dashes < 0 ? [] : args.slice(dashes + 1)
  const unknown = flags.find((flag) => flag !== '--all' && !flag.startsWith(ENTRY) && !isHelp(flag))
  if (flags.some(isHelp)) process.stdout.write(HELP_DOCTOR)
  else if (unknown !== undefined) refuse(`doctor does not know ${unknown}; a command stands behind --`)
  else if (dashes >= 0 && program === undefined) refuse('there is no command behind --')
  else if (program !== undefined) await examine(program, rest)
  else {
    const { diagnose } = await import('./doctor.js')
    const entryFile = flags.find((flag) => flag.startsWith(ENTRY))?.slice(ENTRY.length)
    const problems = await diagnose((text) => process.stdout.write(text), { all: flags.includes('--all'), entryFile })
    process.exitCode = problems === 0 ? 0 : 1
  }
}

/** Runs the program, whose agent tells on stderr what it finds, and how much of it is wrong in a file. */
async function examine(program: string, args: readonly string[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'autospan-doctor-'))
  const tally = join(folder, 'tally')
  try {
    const { code, signal } = await runCommand(program, args, { ...withAgent(), AUTOSPAN_DOCTOR: tally })
    const found = readTally(tally)
    process.stderr.write(`\nautospan doctor: the program ended with ${signal ?? `code ${code}`}. `)
    if (found === undefined) process.stderr.write('It has not loaded the agent: is it a program of Node.js?\n')
    else process.stderr.write(found === 0 ? 'No problem found.\n' : 'There are problems: look for ✗ above.\n')
    process.exitCode = found === 0 ? 0 : 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The sum of what each process has found; undefined where there was none. */
function readTally(file: string): number | undefined {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .reduce((sum, line) => sum + Number(line), 0)
  } catch {
    return undefined
  }
}

function isHelp(argument: string | undefined): boolean {
  return argument === '--help' || argument === '-h'
}

function refuse(problem: string): void {
  process.stderr.write(`autospan: ${problem}; autospan --help tells what there is\n`)
  process.exitCode = 2
}
