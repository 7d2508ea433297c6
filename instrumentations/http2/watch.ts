import { createRequire } from 'node:module'
import { guard } from '../../src/instrumentation/guard.js'
import type { Kit } from '../../src/instrumentation/kit.js'
import type { AnyFunction } from '../../src/instrumentation/wrap.js'
import type { Hook } from './hook.js'

const require = createRequire(import.meta.url)

/** What is to be traced of node:http2: each belongs to an instrumentation of its own. `http1` is of clients of its servers. */
export type Kits = Partial<Record<'http' | 'grpc' | 'http1', Kit>>

/** By which servers and sessions come about. The last came with Node.js 20.12. */
export const MAKERS = ['createServer', 'createSecureServer', 'connect', 'performServerHandshake'] as const

export type Maker = (typeof MAKERS)[number]

/** By which `util.promisify` finds the form of `connect` that returns a promise: it calls no other. */
const PROMISED: unique symbol = Symbol.for('nodejs.util.promisify.custom') as never

const watched = new WeakMap<object, Kits>()

/**
 * Has a part of what goes by node:http2 traced. Programs load that without a use for it: from Node.js 22 on each that
 * imports node:http does, for undici. So all the rest is loaded with the first server or session that is made.
 */
export function watch(http2: object, part: keyof Kits, kit: Kit): void {
  const known = watched.get(http2)
  if (known !== undefined) {
    known[part] = kit
    return
  }
  const kits: Kits = { [part]: kit }
  watched.set(http2, kits)
  let hook: Hook | undefined
  const hear = guard(kit.place('http2', { always: true }), (maker: Maker, made: object, args: readonly unknown[]) => {
    if (hook === undefined) {
      const { Hook } = require('./hook.js') as typeof import('./hook.js')
      hook = new Hook(http2, kit, kits)
    }
    hook.hear(maker, made, args)
  })
  for (const maker of MAKERS) {
    if (!(maker in http2)) continue
    kit.wrap(http2, maker, (make) => {
      const heard: AnyFunction = function (...args) {
        const made = make.apply(this, args)
        hear(maker, made, args)
        return made
      }
      if (PROMISED in make) hearPromised(heard, { [PROMISED]: make[PROMISED] as AnyFunction }, maker)
      return heard
    })
  }

  /** Gives `heard` its form that returns a promise, for nothing can be put in the place of that of the original. */
  function hearPromised(heard: AnyFunction, form: { [PROMISED]: AnyFunction }, maker: Maker): void {
    kit.wrap(form, PROMISED, (make) => {
      return function (...args) {
        return make.apply(this, args).then((made: object) => {
          hear(maker, made, args)
          return made
        })
      }
    })
    Object.defineProperty(heard, PROMISED, { value: form[PROMISED] })
  }
}
