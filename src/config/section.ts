import type { InstrumentKind } from '../metrics/instrument.js'
import type { View } from '../metrics/views.js'
import type { AttributeValue } from './config.js'
import { didYouMean, nearest } from './spelling.js'
import { VARIABLES } from './variables.js'
import type { Tree } from './yaml.js'

/** Where what a file says is collected. */
export interface Collector {
  readonly attributes: Map<string, AttributeValue>
  readonly views: View[]
  readonly cardinalityLimits: Partial<Record<InstrumentKind | 'default', number>>
  warn(line: string): void
  set(variable: string, text: string, place: string): void
  place(position: { line: number; column: number }, path: string): string
}

/** The end of the names of what is not stable yet; one day they are without it. */
const DEVELOPMENT = '/development'

/** A mapping of the file, of which each key is read by name; those that nobody has asked for are told as unknown. */
export class Section {
  readonly path: string
  readonly #out: Collector
  readonly #tree: Tree
  readonly #entries: ReadonlyMap<string, Tree>
  readonly #asked = new Set<string>()

  /** @param path empty for the file's root */
  constructor(out: Collector, path: string, tree: Tree) {
    this.path = path
    this.#out = out
    this.#tree = tree
    this.#entries = tree.value instanceof Map ? tree.value : new Map()
    if (tree.value !== null && !(tree.value instanceof Map)) this.complain('is no mapping', tree, path)
  }

  get attributes(): Map<string, AttributeValue> {
    return this.#out.attributes
  }

  /** Of the meter provider, as `cardinalityLimits`. */
  get views(): View[] {
    return this.#out.views
  }

  get cardinalityLimits(): Collector['cardinalityLimits'] {
    return this.#out.cardinalityLimits
  }

  get keys(): string[] {
    return [...this.#entries.keys()]
  }

  /** What stands at a key, with or without the mark of what is not stable; undefined where there is nothing. */
  get(key: string): Tree | undefined {
    this.#asked.add(key)
    const stable = key.endsWith(DEVELOPMENT) ? key.slice(0, -DEVELOPMENT.length) : `${key}${DEVELOPMENT}`
    if (!this.#entries.has(key) && this.#entries.has(stable)) this.#asked.add(stable)
    return this.#entries.get(key) ?? this.#entries.get(stable)
  }

  /** Reads the mapping at a key, if there is one; null counts as an empty one. */
  section(key: string, read: (section: Section) => void): boolean {
    const tree = this.get(key)
    if (tree === undefined) return false
    const section = new Section(this.#out, this.#pathOf(key), tree)
    read(section)
    section.end()
    return true
  }

  /** Reads each mapping of the list at a key. */
  list(key: string, read: (section: Section) => void): boolean {
    const tree = this.get(key)
    if (tree === undefined || tree.value === null) return false
    if (!Array.isArray(tree.value)) {
      this.complain('is no list', tree, this.#pathOf(key))
      return false
    }
    for (const [index, item] of tree.value.entries()) {
      const section = new Section(this.#out, `${this.#pathOf(key)}[${index}]`, item)
      read(section)
      section.end()
    }
    return true
  }

  /** The text at a key, as it is written; undefined where there is none, or null. A list of scalars is joined by commas. */
  text(key: string): string | undefined {
    return this.#joined(key, textOf)
  }

  /** The same as a variable has it: a number is decimal, however it is written. */
  setting(key: string): string | undefined {
    return this.#joined(key, ({ value }) => String(value))
  }

  /** The scalars of the list at a key, as texts; none where there is no list. */
  texts(key: string): string[] {
    const tree = this.get(key)
    if (tree === undefined || !Array.isArray(tree.value)) return []
    return tree.value.flatMap((item: Tree) =>
      item.value === null || typeof item.value === 'object' ? [] : textOf(item),
    )
  }

  /** The setting at a key is what `variable` would be. */
  variable(key: string, variable: string, translate: (text: string) => string = (text) => text): void {
    const text = this.setting(key)
    if (text !== undefined) this.set(variable, translate(text), key)
  }

  /** @param key whose place is told where the value is refused; without it the section's own */
  set(variable: string, text: string, key?: string): void {
    const tree = (key === undefined ? undefined : this.get(key)) ?? this.#tree
    const path = key === undefined ? this.path : this.#pathOf(key)
    if (isVariable(variable)) this.#out.set(variable, text, this.#out.place(tree, path))
    else this.complain('is not supported', tree, path)
  }

  unsupported(key: string): void {
    this.refuse(key, 'is not supported')
  }

  /** Tells what is wrong with what stands at a key, if there is something. */
  refuse(key: string, problem: string): void {
    const tree = this.get(key)
    if (tree !== undefined) this.complain(problem, tree, this.#pathOf(key))
  }

  complain(problem: string, at: Tree = this.#tree, path: string = this.path): void {
    this.#out.warn(`${this.#out.place(at, path)} ${problem}; it is ignored`)
  }

  /** Tells of the keys that nobody has asked for. */
  end(): void {
    for (const [key, tree] of this.#entries) {
      if (this.#asked.has(key)) continue
      this.complain(`is not known${didYouMean(nearest(key, this.#asked))}`, tree, this.#pathOf(key))
    }
  }

  #joined(key: string, textOf: (scalar: Tree) => string): string | undefined {
    const tree = this.get(key)
    const { value } = tree ?? { value: null }
    if (value === null || tree === undefined) return undefined
    if (Array.isArray(value) && value.every((item) => !(item.value instanceof Object))) {
      return value.map(textOf).join(',')
    }
    if (typeof value !== 'object') return textOf(tree)
    this.complain('is no single value', tree, this.#pathOf(key))
    return undefined
  }

  #pathOf(key: string): string {
    return this.path === '' ? key : `${this.path}.${key}`
  }
}

function textOf({ value, text }: Tree): string {
  return text ?? String(value)
}

/** Whether the agent reads a variable of this name. */
function isVariable(variable: string): boolean {
  return Object.hasOwn(VARIABLES, variable) || /^OTEL_INSTRUMENTATION_.+_ENABLED$/.test(variable)
}
