import type { DecodedSpan } from './otlp-decode.js'

/** A span as the sink gives it, for tests of the harness; what is not said is unremarkable. */
export function sampleSpan(span: Partial<DecodedSpan> & { readonly start?: number }): DecodedSpan {
  const { start = 0, ...given } = span
  return {
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    spanId: '00f067aa0ba902b7',
    parentSpanId: '',
    traceState: '',
    flags: 0x101,
    name: 'a',
    kind: 1,
    startTimeUnixNano: BigInt(start) + 1n,
    endTimeUnixNano: BigInt(start) + 1000n,
    attributes: {},
    droppedAttributesCount: 0,
    events: [],
    droppedEventsCount: 0,
    links: [],
    droppedLinksCount: 0,
    status: { code: 0, message: '' },
    scope: { name: 'sample', version: '1' },
    resource: {},
    ...given,
  }
}

/** An export request in OTLP/JSON with one root span for each name. */
export function sampleRequest(...names: string[]): string {
  const spans = names.map((name, index) => ({
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    spanId: Buffer.from(name.padEnd(8).slice(0, 8)).toString('hex'),
    flags: 0x101,
    name,
    kind: 2,
    startTimeUnixNano: String(1_000_000_000n + BigInt(index)),
    endTimeUnixNano: '2000000000',
  }))
  return JSON.stringify({
    resourceSpans: [{ resource: {}, scopeSpans: [{ scope: { name: 'sample' }, spans }] }],
  })
}
