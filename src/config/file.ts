import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import type { CardinalityLimits } from '../metrics/reader.js'
import type { View } from '../metrics/views.js'
import { quoted } from './complaint.js'
import type { AttributeValue } from './config.js'
import type { Environment } from './environment.js'
import { readRoot } from './model.js'
import { absolutePath } from './path.js'
import { type Collector, Section } from './section.js'
import { parseYaml, YamlError } from './yaml.js'

/** What no configuration comes near. */
const MAX_CHARS = 1_000_000

/** Of file_format 1.x: what it has is followed, or told not to be. */
const NEWEST_MINOR = 1

/** A configuration file as variables: what each of its settings would be as one. */
export interface FileSettings {
  readonly variables: Environment
  /** The names of the environment's variables that the file refers to. */
  readonly referred: ReadonlySet<string>
  /** Where a variable's setting stands: file, line, column, path. */
  placeOf(variable: string): string | undefined
  /** Attributes of the resource, but for those of its list, which is a variable's. */
  readonly attributes: ReadonlyMap<string, AttributeValue>
  /** Of the meter provider, as what follows. */
  readonly views: readonly View[]
  readonly cardinalityLimits: CardinalityLimits
}

/**
 * Reads a declarative configuration file (configuration/data-model.md of the specification, file_format 1.x). A key
 * that is not known is told with its line and column, and left out.
 *
 * @param variable that names the file
 * @returns undefined, with one line told, where the file cannot be used at all: it is missing or no YAML, its format is
 * another one, or it refers to variables in a way that there is not.
 */
export function readConfigFile(
  variable: string,
  path: string,
  env: Environment,
  warn: (line: string) => void,
): FileSettings | undefined {
  const name = basename(path)
  const refuse = (problem: string): undefined => {
    warn(`${variable}=${quoted(path)} ${problem}; the agent is not started`)
    return undefined
  }
  try {
    const text = readFileSync(absolutePath(path), 'utf8')
    if (text.length > MAX_CHARS) return refuse('is too long for a configuration')
    const file = new FileVariables(name, warn)
    const tree = parseYaml(text, file.referringTo(env))
    if (!(tree.value instanceof Map)) return refuse('holds no mapping')
    const format = tree.value.get('file_format')
    const problem = formatProblem(format?.value)
    if (problem !== undefined) return refuse(problem)
    if (format !== undefined && isNewer(String(format.value)))
      warn(`${file.place(format, 'file_format')} is newer than 1.${NEWEST_MINOR}; what is new in it is not known`)
    readRoot(new Section(file, '', tree))
    return file
  } catch (error) {
    if (!(error instanceof YamlError))
      return refuse(`cannot be read: ${(error as NodeJS.ErrnoException).code ?? error}`)
    return refuse(`cannot be used: ${error.message} (line ${error.position.line}, column ${error.position.column})`)
  }
}

function formatProblem(format: unknown): string | undefined {
  if (format === undefined || format === null) return 'has no file_format, which has to be "1.0" or later'
  return /^1(\.\d+)?(-.*)?$/.test(String(format))
    ? undefined
    : `has file_format ${quoted(String(format))}; known is 1.x`
}

function isNewer(format: string): boolean {
  return Number(/^1\.(\d+)/.exec(format)?.[1] ?? 0) > NEWEST_MINOR
}

/** Collects what the file says. */
class FileVariables implements FileSettings, Collector {
  readonly variables: Record<string, string> = {}
  readonly referred = new Set<string>()
  readonly attributes = new Map<string, AttributeValue>()
  readonly views: View[] = []
  readonly cardinalityLimits: Collector['cardinalityLimits'] = {}
  readonly warn: (line: string) => void
  readonly #places = new Map<string, string>()
  readonly #name: string

  constructor(name: string, warn: (line: string) => void) {
    this.#name = name
    this.warn = warn
  }

  /** The same environment; what is asked of it is noted. */
  referringTo(env: Environment): Environment {
    return new Proxy(env, {
      get: (variables, name: string) => {
        this.referred.add(name)
        return variables[name]
      },
    })
  }

  placeOf(variable: string): string | undefined {
    return this.#places.get(variable)
  }

  set(variable: string, text: string, place: string): void {
    this.variables[variable] = text
    this.#places.set(variable, place)
  }

  place({ line, column }: { line: number; column: number }, path: string): string {
    return `${this.#name}:${line}:${column} ${path}`
  }
}
