import { spawnSync } from 'node:child_process'
import { appendFileSync, writeSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { readEnvironment } from './config/environment.js'
import { packageOf } from './hooks/packages.js'
import type { Heard, Instrumentation } from './instrumentation/instrumentation.js'

/** How long the program's start may be held by looking at the backend. */
const TIMEOUT_MILLIS = 30_000

/** `AUTOSPAN_DOCTOR`: tells on stderr what the agent finds, at the start of the program and at its end. */
export interface Doctor {
  readonly heard: Heard
  /** The program ends. */
  end(): void
}

/**
 * What can be found out before the program starts is told by a process of its own, with the same environment, and the
 * program waits for it.
 *
 * @param wish `true`, or a file to which the number of problems is appended
 */
export function startDoctor(wish: string, enabled: readonly Instrumentation[]): Doctor {
  const program = join(dirname(createRequire(import.meta.url).resolve('autospan/package.json')), 'dist/cli.cjs')
  const { status } = spawnSync(process.execPath, [program, 'doctor', `--entry=${process.argv[1] ?? ''}`], {
    env: { ...readEnvironment(), NODE_OPTIONS: '', AUTOSPAN_DOCTOR: '' },
    stdio: ['ignore', 2, 2],
    timeout: TIMEOUT_MILLIS,
  })
  let problems = status === 0 ? 0 : 1
  const known = new Set(enabled.flatMap(({ modules = [] }) => modules.map(({ module }) => module)))
  const loaded = new Set<string>()
  const patched = new Set<string>()
  const leftAlone = new Set<string>()
  return {
    heard(module, version, problem) {
      // What the agent patches for its own ends is no library.
      if (!known.has(module)) return
      loaded.add(module)
      const name = version === undefined ? module : `${module} ${version}`
      if (problem === undefined) patched.add(name)
      else leftAlone.add(`${name}: ${problem}`)
    },
    end() {
      problems += leftAlone.size
      const present = new Set([...loaded].map(packageOf))
      const missing = new Set([...known].map(packageOf).filter((library) => !present.has(library)))
      const lines = [
        '\nautospan doctor: what the program has loaded',
        ...[...patched].map((name) => `  ✓ ${name}: patched`),
        ...[...leftAlone].map((text) => `  ✗ ${text}`),
        `  · not loaded: ${[...missing].join(', ') || 'nothing'}`,
      ]
      writeSync(2, `${lines.join('\n')}\n`)
      if (wish !== 'true') appendFileSync(wish, `${problems}\n`)
    },
  }
}
