import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseTraceState, TraceState } from '../../src/propagation/trace-state.js'
import { Thinning } from '../../src/trace/thinning.js'

const EMPTY = new TraceState()

/** The tenth that is kept begins at e666, a twentieth at f3333. */
for (const { what, randomness, state, fromAll = false, isSampled, told } of [
  { what: 'the last of nine tenths', randomness: 'e665ffffffffff', isSampled: false },
  { what: 'the first of the tenth', randomness: 'e6660000000000', isSampled: true },
  {
    what: 'a share that is known is told',
    randomness: 'ffffffffffffff',
    fromAll: true,
    isSampled: true,
    told: 'ot=th:e666',
  },
  {
    what: 'of a half a twentieth is left',
    randomness: 'f3333000000000',
    state: 'ot=th:8',
    isSampled: true,
    told: 'ot=th:f3333',
  },
  { what: 'but not more', randomness: 'f3332fffffffff', state: 'ot=th:8', isSampled: false },
  {
    what: 'the randomness that a caller gave counts',
    randomness: '00000000000000',
    state: 'ot=rv:f0000000000000,a=b',
    isSampled: true,
    told: 'ot=rv:f0000000000000,a=b',
  },
  {
    what: 'what is dropped has no threshold',
    randomness: '00000000000000',
    state: 'ot=th:8,a=b',
    isSampled: false,
    told: 'a=b',
  },
]) {
  test(`${what}: ${isSampled ? 'kept' : 'dropped'}`, () => {
    const thinning = new Thinning()
    const traceId = `${'a'.repeat(18)}${randomness}`
    const traceState = state === undefined ? undefined : parseTraceState(state)
    const decision = { sampled: true, held: undefined, traceState, link: undefined, traceId }
    const thinned = thinning.thin(decision, fromAll, EMPTY)
    assert.equal(thinned.sampled, isSampled)
    assert.equal(thinned.traceState?.serialize() || undefined, told)
    assert.equal(thinning.dropped, isSampled ? 0 : 1)
  })
}
