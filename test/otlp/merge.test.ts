import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSpanEncoder } from '../../src/otlp/encoders.js'
import { mergeRequests } from '../../src/otlp/merge.js'
import type { Resource } from '../../src/resource/resource.js'
import { decodeTraces } from '../harness/otlp-decode.js'
import { PROTOCOLS, spanData } from './span-data.js'

const resourceOf = (name: string): Resource => ({ attributes: ['service.name', name], schemaUrl: '' })
/** As long as lengths of one, two and three bytes want it, and with what stands in a JSON request too. */
const NAMES = ['shop', ',"scopeSpans":[', 'x'.repeat(200), 'y'.repeat(20_000)]

for (const protocol of PROTOCOLS) {
  const requestsOf = (name: string, count: number): Uint8Array[] => {
    const encoder = createSpanEncoder(protocol, resourceOf(name))
    return Array.from({ length: count }, (_, i) => {
      for (let j = 0; j <= i; j++) encoder.add(spanData({ name: `${name} ${i} ${j}` }))
      return encoder.take()
    })
  }
  const { contentType } = createSpanEncoder(protocol, resourceOf(''))

  for (const name of NAMES) {
    test(`${protocol}: requests of one resource, ${name.slice(0, 20)}, become one with all spans and one resource`, () => {
      const bodies = requestsOf(name, 5)
      const merged = mergeRequests(bodies)
      assert.deepEqual(
        decodeTraces(merged, contentType).spans,
        bodies.flatMap((body) => decodeTraces(body, contentType).spans),
      )
      assert.equal(timesIn(merged, contentType === 'application/json' ? '"service.name"' : 'service.name'), 1)
    })
  }

  test(`${protocol}: requests of several resources keep them apart`, () => {
    const bodies = [...requestsOf('a', 2), ...requestsOf('b', 2), ...requestsOf('a', 1)]
    const { spans } = decodeTraces(mergeRequests(bodies), contentType)
    const expected = bodies.flatMap((body) => decodeTraces(body, contentType).spans)
    const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name)
    assert.deepEqual(spans.toSorted(byName), expected.toSorted(byName))
    assert.equal(timesIn(mergeRequests(bodies), 'service.name'), 2)
  })

  test(`${protocol}: one request stays as it is`, () => {
    const [body = new Uint8Array()] = requestsOf('a', 1)
    assert.equal(mergeRequests([body]), body)
  })

  test(`${protocol}: what is no request is not taken for one`, () => {
    const [body = new Uint8Array()] = requestsOf('a', 1)
    assert.throws(() => mergeRequests([body, Buffer.from('<html>')]), RangeError)
  })
}

function timesIn(body: Uint8Array, text: string): number {
  return Buffer.from(body).toString('latin1').split(text).length - 1
}
