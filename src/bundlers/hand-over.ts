import { readFileSync, realpathSync, statSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join, resolve, sep } from 'node:path'
import { INSTRUMENTATIONS } from '../../instrumentations/index.js'

/** The API is no library that is traced, but its version has to be known. */
const MODULES = ['@opentelemetry/api', ...INSTRUMENTATIONS.flatMap(({ modules = [] }) => modules.map((m) => m.module))]
/** Of the packages that have modules which the agent patches. */
const NAMES = new Set(MODULES.filter((module) => !isBuiltin(module)).map(packageName))

/** Paths of files that may be hooked modules: of their packages. For bundlers that ask by pattern. */
export const CANDIDATES: RegExp = new RegExp(
  `[\\\\/]node_modules[\\\\/](?:${[...NAMES].map(pathPattern).join('|')})[\\\\/](?:.*[\\\\/])?[^\\\\/]+\\.[cm]?js$`,
)

/**
 * The code of a file as it has to go into a bundle: if the file is a module that the agent patches, then with a line
 * at its end that hands its exports to the agent, where there is one in the process. Undefined for any other file.
 *
 * @param path absolute; links are followed
 */
export function withHandOver(path: string, code: string): string | undefined {
  // Bundlers mark modules of their own by a NUL.
  if (!CANDIDATES.test(path) || path.includes('\0')) return undefined
  const file = realpathSync(path)
  const owner = packageOf(file)
  const name = owner?.modules.get(file)
  if (owner === undefined || name === undefined) return undefined
  const agent = 'globalThis[Symbol.for("autospan.bundled")]'
  const told = `${JSON.stringify(name)}, ${JSON.stringify(owner.version)}`
  if (!isEsm(file, code)) return `${code}\n;if (${agent}) module.exports = ${agent}(module.exports, ${told});\n`
  // What a package has for import is often a face of what it has for require, which hands over what there is.
  if (importsOneOf(owner.modules, file, code)) return undefined
  const self = JSON.stringify(`./${file.slice(file.lastIndexOf(sep) + 1)}`)
  return `${code}\n;import * as autospanExports from ${self};\nif (${agent}) ${agent}(autospanExports, ${told});\n`
}

interface Package {
  readonly version: string
  /** Hooked modules by their files. */
  readonly modules: ReadonlyMap<string, string>
}

const packages = new Map<string, Package | undefined>()

/** Undefined for a file that is in none of the packages, or in one whose package.json cannot be read. */
function packageOf(file: string): Package | undefined {
  const [start = '', name = ''] =
    /^(.*[\\/]node_modules[\\/])((?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/.exec(file)?.slice(1).map(String) ?? []
  const folder = start + name
  if (!packages.has(folder)) packages.set(folder, readPackage(folder, name.replace('\\', '/')))
  return packages.get(folder)
}

interface Manifest {
  readonly version?: string
  readonly main?: string
  readonly module?: string
  readonly exports?: unknown
}

function readPackage(folder: string, name: string): Package | undefined {
  if (!NAMES.has(name)) return undefined
  try {
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
    const modules = new Map<string, string>()
    for (const module of MODULES) {
      if (packageName(module) !== name) continue
      for (const path of pathsOf(manifest, `.${module.slice(name.length)}`)) {
        const file = existing(resolve(folder, path))
        if (file !== undefined) modules.set(realpathSync(file), module)
      }
    }
    return { version: manifest.version ?? '', modules }
  } catch {
    return undefined
  }
}

/** The files that a package may have for a subpath, under whatever conditions; as its package.json has them. */
function pathsOf({ main = 'index', module, exports }: Manifest, subpath: string): string[] {
  const isRoot = subpath === '.'
  const listed = isRoot ? [main, ...(module === undefined ? [] : [module])] : [subpath]
  if (typeof exports !== 'object' || exports === null) return [...listed, ...(isRoot ? targetsOf(exports) : [])]
  const hasSubpaths = Object.keys(exports).some((key) => key.startsWith('.'))
  const target = hasSubpaths ? (exports as Record<string, unknown>)[subpath] : isRoot ? exports : undefined
  return [...listed, ...targetsOf(target)]
}

function targetsOf(target: unknown): string[] {
  if (typeof target === 'string') return [target]
  return typeof target === 'object' && target !== null ? Object.values(target).flatMap(targetsOf) : []
}

/** As `require` completes a path. */
function existing(path: string): string | undefined {
  const candidates = [path, `${path}.js`, `${path}.cjs`, join(path, 'index.js')]
  return candidates.find((candidate) => statSync(candidate, { throwIfNoEntry: false })?.isFile())
}

/** Told by the code where the name does not: bundlers take files of `module` for ES modules, whatever they are called. */
function isEsm(file: string, code: string): boolean {
  if (file.endsWith('.mjs') || file.endsWith('.cjs')) return file.endsWith('.mjs')
  return /^\s*(?:import|export)\b(?!\s*\()/m.test(code) && !/\bmodule\.exports\b|\bexports\.\w+\s*=/.test(code)
}

function importsOneOf(modules: ReadonlyMap<string, string>, file: string, code: string): boolean {
  return [...code.matchAll(/\bfrom\s*['"](\.[^'"]+)['"]/g)].some(([, path = '']) => {
    return modules.has(existing(resolve(dirname(file), path)) ?? '')
  })
}

function packageName(module: string): string {
  return /^(?:@[^/]+\/)?[^/]+/.exec(module)?.[0] ?? module
}

function pathPattern(name: string): string {
  return name.replace(/[.*+?^${}()|[\]]/g, '\\$&').replace('/', '[\\\\/]')
}
