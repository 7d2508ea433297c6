import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wrapMethod } from '../../src/instrumentation/wrap.js'

class Base {
  said(): string {
    return 'by the base'
  }
}

class Own extends Base {
  own(): string {
    return 'by itself'
  }
}

function Old(): void {}
Old.prototype.old = function old() {}

for (const [title, target, method] of [
  ["a class's own", Own.prototype, 'own'],
  ["an old constructor's own", Old.prototype, 'old'],
  ['an object', { method() {} }, 'method'],
] as const) {
  test(`a method that is wrapped stays as enumerable as it was: ${title}`, () => {
    const { value: _, ...before } = Object.getOwnPropertyDescriptor(target, method) ?? {}
    wrapMethod(target, method, (original) => original)
    const { value: __, ...after } = Object.getOwnPropertyDescriptor(target, method) ?? {}
    assert.deepEqual(after, before)
  })
}

test('one that is inherited is as enumerable as what it was inherited from', () => {
  wrapMethod(Own.prototype, 'said', (_original, base) => () => base.said())
  assert.equal(Object.keys(Own.prototype).includes('said'), false)
  assert.equal(new Own().said(), 'by the base')
})
