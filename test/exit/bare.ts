import assert from 'node:assert/strict'
import type { Owner } from '../harness/owner.js'
import { launch, type Outcome, type ProgramOptions, run } from '../harness/program.js'

/** The ends of exit/leave.* that differ most. */
export const PLAIN_DOORS = [
  'the empty event loop',
  'process.exit()',
  'process.reallyExit()',
  'an error that is thrown',
  'a signal to itself',
]

/** A busy machine may need longer than a user would wait: the bound has tests of its own. */
const PATIENCE = { AUTOSPAN_EXIT_TIMEOUT: '10000' }

/** Runs a program bare and with the agent, which must make no difference but for what it says itself. */
export async function assertLikeBare(
  app: string,
  env: Readonly<Record<string, string>>,
  options: ProgramOptions = {},
): Promise<Outcome> {
  const bare = await bareOnce([app, options], env, () => run(app, { ...options, env, agent: false }))
  const traced = await run(app, { ...options, env: { ...PATIENCE, ...env } })
  assert.deepEqual(visible(traced), visible(bare))
  assert.deepEqual(said(traced).slice(1), [])
  return traced
}

const known = new Map<string, Promise<unknown>>()

/**
 * What a run of a program without the agent has come to: it is run once for all tests of a file that differ in nothing but
 * the agent's settings.
 */
export function bareOnce<T>(
  program: unknown,
  env: Readonly<Record<string, string>>,
  run: () => Promise<T>,
): Promise<T> {
  const own = Object.entries(env).filter(([name]) => !/^(OTEL|AUTOSPAN)_/.test(name))
  const key = JSON.stringify([program, own])
  const outcome = (known.get(key) as Promise<T> | undefined) ?? run()
  known.set(key, outcome)
  return outcome
}

/** What the agent says, line by line. */
export function said({ stderr }: Outcome): string[] {
  return stderr.split('\n').filter((line) => line.startsWith('autospan: '))
}

/** What the program shows: the agent's lines are not its own, and neither is what differs from run to run. */
export function visible({ stdout, stderr, code, signal }: Outcome): Omit<Outcome, 'millis'> {
  const own = stderr
    .replaceAll(/^autospan: .*\n/gm, '')
    .replaceAll(/\(node:\d+\)/g, '(node)')
    // A frame that Node 20 and 22 have below the callbacks of native handles where contexts are followed.
    .replaceAll(/^ +at \w+\.callbackTrampoline .*\n/gm, '')
    // By way of which queue Node.js comes to a promise that was rejected depends on which timers are due at that moment.
    .replaceAll(/(?:^ +at (?:process\.)?(?:processTicksAndRejections|runNextTicks|processTimers) .*\n)+/gm, (frames) =>
      frames.endsWith('{\n') ? '{\n' : '',
    )
  return { stdout, stderr: own, code, signal }
}

/** The same for a program that prints "ready", and then gets a signal. */
export async function assertSignalledLikeBare(
  owner: Owner,
  env: Readonly<Record<string, string>> & { readonly SIGNAL: NodeJS.Signals },
): Promise<Outcome> {
  const bare = await bareOnce('signalled', env, () => signalled(owner, env, false))
  const traced = await signalled(owner, env, true)
  assert.deepEqual(visible(traced), visible(bare))
  assert.deepEqual(said(traced).slice(1), [])
  return traced
}

async function signalled(
  owner: Owner,
  env: Readonly<Record<string, string>> & { readonly SIGNAL: NodeJS.Signals },
  agent: boolean,
): Promise<Outcome> {
  const program = launch(owner, 'exit/signalled.cjs', { env: { ...PATIENCE, ...env }, agent })
  await program.printed(/ready/)
  program.signal(env.SIGNAL)
  return program.end(10_000)
}
