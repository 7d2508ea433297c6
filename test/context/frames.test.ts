import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { findFrames } from '../../src/context/frames.js'

const HAS_FRAMES = Number(process.versions.node.split('.')[0]) >= 24

type Enter = (store: string, fn: (...args: unknown[]) => unknown, ...args: unknown[]) => unknown

/** What a program can do around and within a store that is entered; each returns what it has seen. */
const PROGRAMS: Record<string, (enter: Enter, own: AsyncLocalStorage<string>) => unknown> = {
  'is in no store before and after': (enter, own) => [own.getStore(), enter('a', () => own.getStore()), own.getStore()],
  'passes arguments, and gets the result': (enter) => enter('a', (...args) => args, 1, 2),
  'gets the error': (enter, own) => {
    const seen: unknown[] = []
    try {
      enter('a', () => {
        throw 'thrown'
      })
    } catch (error) {
      seen.push(error)
    }
    return [...seen, own.getStore()]
  },
  'enters another within': (enter, own) =>
    enter('a', () => [own.getStore(), enter('b', () => own.getStore()), own.getStore()]),
  'enters the same within': (enter, own) => enter('a', () => [enter('a', () => own.getStore()), own.getStore()]),
  'has stores of its own around': (enter, own) => {
    const other = new AsyncLocalStorage<string>()
    return other.run('x', () => [
      enter('a', () => [own.getStore(), other.getStore()]),
      own.getStore(),
      other.getStore(),
    ])
  },
  'has stores of its own around, in another of ours': (enter, own) => {
    const other = new AsyncLocalStorage<string>()
    return enter('a', () =>
      other.run('x', () => [enter('b', () => [own.getStore(), other.getStore()]), own.getStore(), other.getStore()]),
    )
  },
  'has stores of its own within': (enter, own) => {
    const other = new AsyncLocalStorage<string>()
    return enter('a', () => [other.run('x', () => [own.getStore(), other.getStore()]), other.getStore()])
  },
  'leaves a store of its own': (enter, own) => {
    const other = new AsyncLocalStorage<string>()
    return other.run('x', () =>
      enter('a', () => [other.exit(() => [own.getStore(), other.getStore()]), own.getStore()]),
    )
  },
  'enters a store of its own to stay': (enter, own) => {
    const other = new AsyncLocalStorage<string>()
    const within = enter('a', () => {
      other.enterWith('x')
      return [own.getStore(), other.getStore()]
    })
    return [within, own.getStore(), other.getStore()]
  },
  'enters a store of its own to stay, in two of ours': (enter, own) => {
    const other = new AsyncLocalStorage<string>()
    const within = enter('a', () => [enter('b', () => other.enterWith('x')), own.getStore(), other.getStore()])
    return [within, own.getStore(), other.getStore()]
  },
  'gives a store of its own up': (enter, own) => {
    const other = new AsyncLocalStorage<string>()
    return other.run('x', () => [enter('a', () => other.disable()), own.getStore(), other.getStore()])
  },
  'goes on later': async (enter, own) => {
    const other = new AsyncLocalStorage<string>()
    const later = other.run('x', () =>
      enter('a', async () => {
        await turn()
        return [own.getStore(), other.getStore()]
      }),
    )
    const outside = [own.getStore(), other.getStore()]
    await turn()
    return [outside, await later, own.getStore()]
  },
  'binds for later': (enter, own) => {
    const bound = enter('a', () => AsyncLocalStorage.snapshot()) as (fn: () => unknown) => unknown
    return enter('b', () => [bound(() => own.getStore()), own.getStore()])
  },
}

for (const [name, program] of Object.entries(PROGRAMS)) {
  test(`by its frames a store is entered as by run: a program that ${name}`, async () => {
    const plain = new AsyncLocalStorage<string>()
    const expected = await program((store, fn, ...args) => plain.run(store, fn, ...args), plain)
    const own = new AsyncLocalStorage<string>()
    const frames = findFrames(own, 'probe')
    assert.equal(frames !== undefined, HAS_FRAMES)
    assert.equal(own.getStore(), undefined)
    if (frames === undefined) return
    const receiver = {}
    const enter: Enter = (store, fn, ...args) =>
      frames.apply(
        store,
        function (this: unknown, ...passed: unknown[]) {
          assert.equal(this, receiver)
          assert.equal(frames.getStore(), own.getStore())
          return fn(...passed)
        },
        receiver,
        args,
      )
    assert.deepEqual(await program(enter, own), expected)
  })
}

test('frames that do not behave are left alone', () => {
  const own = new AsyncLocalStorage<string>()
  const other = new AsyncLocalStorage<string>()
  const strange: Record<string, object> = {
    'knows no store': { run: (_store: string, fn: () => unknown) => fn(), getStore: () => undefined },
    'shows no store': { run: own.run.bind(own), getStore: () => undefined },
    'shows another store': { run: own.run.bind(own), getStore: other.getStore.bind(other) },
    throws: {
      run() {
        throw new Error('no')
      },
    },
  }
  for (const [name, storage] of Object.entries(strange)) {
    assert.equal(findFrames(storage as AsyncLocalStorage<string>, 'probe'), undefined, name)
    assert.equal(own.getStore(), undefined, name)
  }
})
