import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type Scalar,
} from 'yaml'
import type { Environment } from './environment.js'
import { plainScalar, type ScalarValue, substitute } from './substitution.js'

/** Where in the file something stands; lines and columns count from 1. */
export interface Position {
  readonly line: number
  readonly column: number
}

export interface Tree extends Position {
  readonly value: ScalarValue | ReadonlyMap<string, Tree> | readonly Tree[]
  /** Of a scalar: as it is written, with references replaced. `1.10` and `007` are numbers, and may be meant as they stand. */
  readonly text?: string
}

/** More nodes than any configuration has: a file of aliases of aliases unfolds to billions. */
const MAX_NODES = 5000

/** A file that cannot be read as YAML. */
export class YamlError extends Error {
  readonly position: Position

  constructor(message: string, position: Position) {
    super(message)
    this.position = position
  }
}

/**
 * Reads YAML 1.2 by the core schema, references to variables replaced in values: before a plain value gets its type,
 * and after the structure is fixed, so that no value can add to it.
 *
 * @throws YamlError
 */
export function parseYaml(text: string, env: Environment): Tree {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, version: '1.2', schema: 'core', prettyErrors: false })
  const [error] = document.errors
  if (error !== undefined) throw new YamlError(firstLine(error.message), positionAt(error.pos[0], lines))
  return new Reader(document, lines, env).tree(document.contents, { line: 1, column: 1 })
}

class Reader {
  readonly #document: Document
  readonly #lines: LineCounter
  readonly #env: Environment
  #nodes = 0

  constructor(document: Document, lines: LineCounter, env: Environment) {
    this.#document = document
    this.#lines = lines
    this.#env = env
  }

  /** @param position where the node is expected, for one that is not there */
  tree(node: unknown, position: Position): Tree {
    if (node === null || node === undefined) return { ...position, value: null }
    const at = positionAt((node as Node).range?.[0] ?? 0, this.#lines)
    if (++this.#nodes > MAX_NODES) throw new YamlError('holds too much', at)
    if (isAlias(node)) return this.tree(node.resolve(this.#document), at)
    if (isSeq(node)) return { ...at, value: node.items.map((item) => this.tree(item, at)) }
    if (isMap(node)) {
      const entries = node.items.map(({ key, value }): [string, Tree] => {
        const keyAt = positionAt((key as Node).range?.[0] ?? 0, this.#lines)
        return [isScalar(key) ? String(key.source ?? key.value) : String(key), { ...this.tree(value, keyAt), ...keyAt }]
      })
      return { ...at, value: new Map(entries) }
    }
    return { ...at, ...this.#scalar(node as Scalar, at) }
  }

  #scalar({ source, value, type }: Scalar, at: Position): { value: ScalarValue; text: string } {
    try {
      const text = substitute(source ?? String(value ?? ''), this.#env)
      return { value: type === 'PLAIN' || type === undefined ? plainScalar(text) : text, text }
    } catch (error) {
      throw new YamlError((error as Error).message, at)
    }
  }
}

function positionAt(offset: number, lines: LineCounter): Position {
  const { line, col } = lines.linePos(offset)
  return { line, column: col }
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? ''
}
