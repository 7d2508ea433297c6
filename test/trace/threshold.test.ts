import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseTraceState, TraceState } from '../../src/propagation/trace-state.js'
import { isAbove, randomnessOf, thresholdOf, withThreshold } from '../../src/trace/threshold.js'

// trace/tracestate-probability-sampling.md of the specification, with a precision of four digits.
for (const [share, threshold] of [
  [1, '0'],
  [0.5, '8'],
  [1 / 3, 'aaab'],
  [0.25, 'c'],
  [0.2, 'cccd'],
  [0.125, 'e'],
  [0.1, 'e666'],
  [0.01, 'fd70a'],
  [0.001, 'ffbe77'],
  [1e-4, 'fff9724'],
  [1e-5, 'ffff583a'],
  [1e-6, 'ffffef39'],
  [2 ** -56, 'ffffffffffffff'],
  [2 ** -58, undefined],
  [0, undefined],
] as const) {
  test(`the threshold of ${share} is ${threshold}`, () => assert.equal(thresholdOf(share), threshold))
}

test('a trace is sampled from its threshold on', () => {
  assert.equal(isAbove('8', '80000000000000'), true)
  assert.equal(isAbove('8', '7fffffffffffff'), false)
  assert.equal(isAbove('0', '00000000000000'), true)
  assert.equal(isAbove('ffffffffffffff', 'ffffffffffffff'), true)
})

const state = (text: string) => parseTraceState(text)
const LOW = `${'f'.repeat(18)}12345678901234`

test('randomness is what a caller gives, where it is well-formed, or the end of the trace id', () => {
  for (const [text, randomness] of [
    ['', '12345678901234'],
    ['ot=th:8', '12345678901234'],
    ['ot=rv:0123456789abcd', '0123456789abcd'],
    ['ot=th:8;rv:0123456789abcd;x:y', '0123456789abcd'],
    ['ot=rv:0123456789ABCD', '12345678901234'],
    ['ot=rv:123', '12345678901234'],
    ['other=rv:0123456789abcd', '12345678901234'],
  ] as const) {
    assert.equal(randomnessOf(state(text), LOW), randomness, text)
  }
})

test('a threshold is written beside what else is there, and taken away', () => {
  for (const [before, threshold, after] of [
    ['', '8', 'ot=th:8'],
    ['a=b', 'c', 'ot=th:c,a=b'],
    ['a=b,ot=th:8;rv:0123456789abcd;x:y', 'c', 'ot=th:c;rv:0123456789abcd;x:y,a=b'],
    ['a=b,ot=th:8', undefined, 'a=b'],
    ['ot=th:8;x:y', undefined, 'ot=x:y'],
    ['a=b', undefined, 'a=b'],
    ['', undefined, ''],
  ] as const) {
    const changed = withThreshold(before === '' ? undefined : state(before), threshold, new TraceState())
    assert.equal(changed?.serialize() ?? '', after, before)
  }
})
