import assert from 'node:assert/strict'
import { test } from 'node:test'
import { soak } from '../harness/soak.js'

test('every span of programs that end anyhow, with a collector that comes and goes, is accounted for', async (t) => {
  const { missing, twice, made, delivered, outages } = await soak(t, { seconds: 6 })
  assert.deepEqual({ missing, twice }, { missing: [], twice: [] })
  assert.ok(delivered > 0 && made > 0 && outages > 0)
})
