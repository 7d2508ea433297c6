import { readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'

/** A hooked module that a file is the entry of. */
export interface Entry {
  /** As hooked: a package, or a file in one. */
  readonly name: string
  /** The package's folder. */
  readonly folder: string
  /** The package's version; undefined where its package.json has none. */
  readonly version: string | undefined
}

/** What the program's package.json files say; everything may be of another type, or absent. */
interface Manifest {
  readonly name?: unknown
  readonly version?: unknown
  readonly main?: unknown
  readonly exports?: unknown
}

interface Package extends Omit<Entry, 'name'> {
  /** Its hooked files, with `/` for the separator and relative to the folder, and what they are called. */
  readonly files: ReadonlyMap<string, string>
}

const NODE_MODULES = 'node_modules'

/**
 * Tells the entries of hooked packages from all other files, by their paths: however the program has
 * asked for them (by name, through `imports` of its own, relative, under another name), and wherever
 * they really are (links followed). A package is known by its folder in node_modules or by the name in
 * its package.json.
 */
export class HookedPackages {
  readonly #names: ReadonlySet<string>
  /** Matches all paths that are worth a look at a package.json. */
  readonly #pattern: RegExp
  readonly #packages = new Map<string, Package | undefined>()

  constructor(names: readonly string[]) {
    this.#names = new Set(names)
    const alternatives = [...new Set(names.map(packageOf))].map((name) =>
      name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace('/', '[\\\\/-]'),
    )
    this.#pattern = new RegExp(alternatives.join('|') || '(?!)')
  }

  /** Whether a look at package.json tells more of an absolute path, or of a file's URL; for nearly all it does not. */
  mayBeEntry(path: string): boolean {
    const start = path.lastIndexOf(NODE_MODULES)
    return this.#pattern.test(start === -1 ? path : folderName(path, start))
  }

  /** The entry that an absolute path is; undefined for nearly all. Throws nothing. */
  entryAt(path: string): Entry | undefined {
    if (!this.mayBeEntry(path)) return undefined
    const start = path.lastIndexOf(NODE_MODULES)
    const found = this.#packageAround(dirname(path), start)
    if (found === undefined) return undefined
    const name = found.files.get(relative(found.folder, path).replaceAll(sep, '/'))
    return name === undefined ? undefined : { name, folder: found.folder, version: found.version }
  }

  /** The package that a folder is in, if it is hooked. */
  #packageAround(folder: string, start: number): Package | undefined {
    if (this.#packages.has(folder)) return this.#packages.get(folder)
    const manifest = readManifest(folder)
    const parent = dirname(folder)
    // Without a name it only says of what type the files around are.
    const isOutermost = parent === folder || parent.length < start + NODE_MODULES.length
    const found =
      typeof manifest?.name === 'string' || (manifest !== undefined && parent.endsWith(NODE_MODULES))
        ? this.#package(folder, manifest, start)
        : isOutermost
          ? undefined
          : this.#packageAround(parent, start)
    this.#packages.set(folder, found)
    return found
  }

  #package(folder: string, manifest: Manifest, start: number): Package | undefined {
    // Linked ones are outside of node_modules, as is the program, which may well be called `router`.
    if (start === -1 && process.argv[1]?.startsWith(folder + sep)) return undefined
    const { version } = manifest
    const files = new Map<string, string>()
    const names = new Set([start === -1 ? '' : folderName(folder, start), String(manifest.name)])
    for (const hooked of this.#names) {
      const name = packageOf(hooked)
      if (!names.has(name)) continue
      if (name !== hooked) files.set(hooked.slice(name.length + 1), hooked)
      else for (const file of entriesOf(manifest)) files.set(file, hooked)
    }
    if (files.size === 0) return undefined
    return { folder, version: typeof version === 'string' ? version : undefined, files }
  }
}

/** `pg` of `pg/lib/client.js`, and `@scope/name` of such a one. */
export function packageOf(name: string): string {
  return name.split('/', name.startsWith('@') ? 2 : 1).join('/')
}

/**
 * What a package's folder is called, `@scope/name` or `name`, after the last `node_modules` in a path; of a store, such as
 * Yarn's, which has packages in `.store/@scope-name-npm-1.0.0-0123456789/package`, the folder in it.
 */
function folderName(path: string, start: number): string {
  const [first = '', second = ''] = path.slice(start + NODE_MODULES.length + 1).split(/[\\/]/, 2)
  return /^[@.]/.test(first) ? `${first}/${second}` : first
}

function readManifest(folder: string): Manifest | undefined {
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    return typeof manifest === 'object' && manifest !== null ? manifest : undefined
  } catch {
    return undefined
  }
}

/** The files that the package's own name may lead to, under whatever conditions. */
function entriesOf({ exports, main }: Manifest): string[] {
  const targets: string[] = []
  if (exports !== undefined && exports !== null) collectTargets(dotOf(exports), targets)
  else if (typeof main === 'string' && main !== '') targets.push(main, `${main}.js`, join(main, 'index.js'))
  else targets.push('index.js')
  return targets.map((target) => join(target).replaceAll(sep, '/'))
}

/** `exports` is what `.` leads to, or has it among its subpaths. */
function dotOf(exports: unknown): unknown {
  const isMap =
    typeof exports === 'object' && exports !== null && Object.keys(exports).some((key) => key.startsWith('.'))
  return isMap ? (exports as Record<string, unknown>)['.'] : exports
}

function collectTargets(target: unknown, targets: string[]): void {
  if (typeof target === 'string') targets.push(target)
  else if (typeof target === 'object' && target !== null)
    for (const value of Object.values(target)) collectTargets(value, targets)
}
