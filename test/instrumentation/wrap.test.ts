import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import { wrapMethod } from '../../src/instrumentation/wrap.js'

class Plain {
  method(): string {
    return 'plain'
  }
}

const HOLDERS: [what: string, make: () => object, method: string][] = [
  ['an own method of an object', () => ({ method: () => 'own' }), 'method'],
  [
    'a method of a class',
    () => Object.create(Object.prototype, Object.getOwnPropertyDescriptors(Plain.prototype)),
    'method',
  ],
  ['an inherited method of a class', () => Object.create(Plain.prototype), 'method'],
  ['an inherited method that is listed', () => Object.create(EventEmitter.prototype), 'emit'],
]

for (const [what, make, method] of HOLDERS) {
  test(`${what} is found by for...in after the wrapping as it was before`, () => {
    const listed = (holder: object): string[] => {
      const keys: string[] = []
      for (const key in holder) keys.push(key)
      return keys.sort()
    }
    const holder = make()
    const before = listed(holder)
    let calls = 0
    wrapMethod(holder, method, (original) => {
      return function (...args) {
        calls++
        return original.apply(this, args)
      }
    })
    ;(holder as Record<string, () => unknown>)[method]?.()
    assert.equal(calls, 1)
    assert.deepEqual(listed(holder), before)
  })
}
