// node probe.mjs <import|require> <result file> <package ...>: loads each of the packages and writes down what it is:
// per package a map of paths (`exports.default.Router.prototype`) to what is there, or of `error` to why it did not load.
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'

/** Exports, their properties, and what is on the prototype of a class among them. */
const DEPTH = 3

const [, , how, file, ...names] = process.argv
const require = createRequire(import.meta.url)

const packages = {}
for (const name of names) {
  const { exports, error } = await loaded(name)
  packages[name] = {}
  if (error === undefined) describe('exports', exports, 0, packages[name], new Map())
  else packages[name].error = error
}
const agent = globalThis[Symbol.for('autospan.started')]
const globals = Object.getOwnPropertyNames(globalThis).sort().join(' ')
writeFileSync(file, JSON.stringify({ packages, globals, agent }))

async function loaded(name) {
  try {
    return { exports: how === 'import' ? await import(name) : require(name) }
  } catch (error) {
    return { error: `${error?.name} ${error?.code} ${error?.message}` }
  }
}

/** Of what is there twice, the second is only the path of the first: so is identity compared, and there is an end. */
function describe(path, value, depth, paths, seen) {
  if (seen.has(value)) {
    paths[path] = `is ${seen.get(value)}`
    return
  }
  paths[path] = kindOf(value)
  if (!isObject(value)) return
  seen.set(value, path)
  if (depth === DEPTH || Array.isArray(value) || ArrayBuffer.isView(value)) return
  const keys = Reflect.ownKeys(value).filter((key) => isTold(value, key))
  keys.sort((a, b) => (String(a) < String(b) ? -1 : 1))
  paths[path] += ` { ${keys.map(String).join(' ')} }`
  for (const key of keys) {
    const { get, set, writable, enumerable, configurable, ...data } = Object.getOwnPropertyDescriptor(value, key)
    const flags = { get: get !== undefined, set: set !== undefined, writable, enumerable, configurable }
    const on = Object.keys(flags).filter((flag) => flags[flag])
    const inner = `${path}.${String(key)}`
    paths[`${inner}:`] = on.join(' ')
    // What is behind an accessor is an export of the module itself, and anything at all further down.
    if ('value' in data) describe(inner, data.value, depth + 1, paths, seen)
    else if (depth === 0 && get !== undefined) describe(inner, gotten(value, key), depth + 1, paths, seen)
  }
}

/** Of patched functions all is told but what makes them look like the originals, and where they are put. */
function isTold(object, key) {
  const { value } = Object.getOwnPropertyDescriptor(object, key)
  if (isWrapper(object) && key === 'toString') return false
  // Functions have one that says nothing, methods have none, and a wrapper is a function.
  if (typeof object === 'function' && key === 'prototype') {
    return !isObject(value) || Reflect.ownKeys(value).map(String).join() !== 'constructor'
  }
  // A method that a class inherits is patched for the class alone.
  return !isWrapper(value) || value.toString() !== Object.getPrototypeOf(object)?.[key]?.toString()
}

/** One tells the text of its original. */
function isWrapper(value) {
  if (typeof value !== 'function' || !Object.hasOwn(value, 'toString')) return false
  try {
    return value.toString() !== Function.prototype.toString.call(value)
  } catch {
    return false
  }
}

function kindOf(value) {
  if (typeof value === 'function') return `function ${value.name}/${value.length}`
  if (!isObject(value)) return value === null ? 'null' : typeof value
  return Object.prototype.toString.call(value)
}

function gotten(object, key) {
  try {
    return object[key]
  } catch (error) {
    return error
  }
}

function isObject(value) {
  return typeof value === 'function' || (typeof value === 'object' && value !== null)
}
