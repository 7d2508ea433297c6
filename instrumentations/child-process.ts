import type { ChildProcess } from 'node:child_process'
import { type Variables, variableName, variableSetter } from '../src/instrumentation/environment.js'
import { guard } from '../src/instrumentation/guard.js'
import type { Instrumentation } from '../src/instrumentation/instrumentation.js'
import type { Kit } from '../src/instrumentation/kit.js'

/**
 * Gives the active trace to the processes that the program starts, by the environment: `TRACEPARENT`,
 * `TRACESTATE` and `BAGGAGE`, as the specification's environment variable carriers say. No span is made.
 *
 * `spawn`, `exec`, `execFile` and `fork` all pass `ChildProcess.prototype.spawn`, which gets the list of
 * variables that Node.js has made for this child: they stay Node's own functions, and no object of the
 * program's is touched. The synchronous ones have no such place and are wrapped.
 */
export const childProcess: Instrumentation = {
  name: 'child_process',
  about: 'no spans: processes that are started continue the trace, by `TRACEPARENT` in their environment',
  modules: [
    {
      module: 'child_process',
      patch: (exports, kit) => {
        giveToChildren(exports.ChildProcess.prototype, kit)
        for (const method of ['spawnSync', 'execFileSync', 'execSync']) giveToSyncChildren(exports, method, kit)
      },
    },
  ],
}

/** What the internal `spawn` is given: variables as `NAME=value`, in a list made for this child. */
interface SpawnOptions {
  envPairs?: string[]
}

function giveToChildren(prototype: ChildProcess, kit: Kit): void {
  const give = guard(kit.place('spawn'), (options: SpawnOptions | undefined) => {
    const given = variablesToGive(kit)
    if (given === undefined || !Array.isArray(options?.envPairs)) return
    const kept = options.envPairs.filter((pair) => !Object.hasOwn(given, nameOf(pair)))
    for (const [name, value] of Object.entries(given)) if (value !== undefined) kept.push(`${name}=${value}`)
    options.envPairs = kept
  })
  kit.wrap(prototype, 'spawn', (spawn) => {
    return function (...args) {
      give(args[0])
      return spawn.apply(this, args)
    }
  })
}

/** The name in `NAME=value`; Windows does not tell cases apart, and has names that begin with `=`. */
function nameOf(pair: string): string {
  const name = pair.slice(0, pair.indexOf('=', 1))
  return process.platform === 'win32' ? name.toUpperCase() : name
}

function giveToSyncChildren(exports: object, method: string, kit: Kit): void {
  const give = guard(kit.place(method), (args: unknown[]) => {
    const given = variablesToGive(kit)
    if (given === undefined) return
    const hasList = method !== 'execSync' && (Array.isArray(args[1]) || args[1] === undefined || args[1] === null)
    const index = hasList ? 2 : 1
    const options = args[index] === undefined ? {} : args[index]
    // What is no object is for Node.js to refuse.
    if (typeof options === 'object' && options !== null) args[index] = withVariables(options, given, kit)
  })
  kit.wrap(exports, method, (run) => {
    return function (...args) {
      give(args)
      return run.apply(this, args)
    }
  })
}

/** A copy of the program's options, as Node.js makes one, with a copy of its variables in it. */
function withVariables(options: { env?: Variables }, given: Variables, kit: Kit): object {
  const variables: Variables = Object.create(null)
  const own = options.env || kit.environment()
  // As Node.js reads them: inherited variables count.
  for (const name in own) variables[name] = own[name]
  return { ...options, env: Object.assign(variables, given) }
}

/**
 * The variables that carry the active span, and undefined for those that tell of another one; undefined
 * where no span is active: then the child has the process's own, as without the agent.
 */
function variablesToGive(kit: Kit): Variables | undefined {
  if (!kit.isInSpan() || kit.isSuppressed()) return undefined
  const given: Variables = {}
  for (const field of kit.parentFields()) given[variableName(field)] = undefined
  kit.inject(kit.active(), given, variableSetter)
  return given
}
