import { createRequire } from 'node:module'
import { diag } from '../diag/diag.js'
import type { Breaker } from './breaker.js'

const require = createRequire(import.meta.url)

/** What a place hangs on: by default the library as a whole. */
export interface PlaceScope {
  /** A part of the library that is switched off alone when it keeps failing. */
  readonly part?: string
  /** Its work is done though the library is switched off: it prepares for later calls, or goes on with what has begun. */
  readonly always?: boolean
}

/** Off by the user's wish, or because what hangs on it keeps failing. */
interface Switch {
  on: boolean
  isBroken: boolean
  breaker: Breaker | undefined
}

const ALWAYS_ON = { on: true } as const

/** The agent's work in one library, as it is switched on and off while the program runs. */
export class Library {
  readonly #name: string
  /** By part; that of the whole has no name. */
  readonly #switches = new Map<string, Switch>()
  #isWanted = true

  constructor(name: string) {
    this.#name = name
    this.#switchOf('')
  }

  place(name: string, { part = '', always = false }: PlaceScope = {}): Place {
    const switch_ = this.#switchOf(part)
    const told = `${this.#name} ${name}`
    return new Place(always ? ALWAYS_ON : switch_, (error) => this.#failed(told, part, switch_, error))
  }

  /** As the user wishes, from the next call on. What keeps failing is tried anew. */
  turn(isWanted: boolean): void {
    this.#isWanted = isWanted
    for (const switch_ of this.#switches.values()) {
      switch_.breaker?.reset()
      switch_.isBroken = false
    }
    this.#update()
  }

  #switchOf(part: string): Switch {
    let switch_ = this.#switches.get(part)
    if (switch_ === undefined) {
      switch_ = { on: this.#isWanted && this.#switches.get('')?.isBroken !== true, isBroken: false, breaker: undefined }
      this.#switches.set(part, switch_)
    }
    return switch_
  }

  #update(): void {
    const isOn = this.#isWanted && this.#switches.get('')?.isBroken === false
    for (const switch_ of this.#switches.values()) switch_.on = isOn && !switch_.isBroken
  }

  #failed(place: string, part: string, switch_: Switch, error: unknown): void {
    diag.fault(place, error)
    try {
      switch_.breaker ??= this.#createBreaker(part, switch_)
      switch_.breaker.failed(place, error)
    } catch (failure) {
      // Of an installation that is gone, or where no file can be opened: the call goes on all the same.
      diag.fault(`the breaker of ${this.#name}`, failure)
    }
  }

  #createBreaker(part: string, switch_: Switch): Breaker {
    const { Breaker } = require('./breaker.js') as typeof import('./breaker.js')
    return new Breaker(part === '' ? this.#name : `${this.#name} ${part}`, (isBroken) => {
      switch_.isBroken = isBroken
      this.#update()
    })
  }
}

/** Where the agent's own work in a library could fail. Its faults are told and counted; too many switch the library off. */
export class Place {
  readonly #switch: { readonly on: boolean }
  readonly #tell: (error: unknown) => void

  constructor(switch_: { readonly on: boolean }, tell: (error: unknown) => void) {
    this.#switch = switch_
    this.#tell = tell
  }

  /** False while the library is switched off: leave the call alone. */
  get on(): boolean {
    return this.#switch.on
  }

  failed(error: unknown): void {
    this.#tell(error)
  }
}
