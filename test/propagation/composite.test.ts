import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { type Context, defaultTextMapGetter, defaultTextMapSetter, propagation, trace } from '@opentelemetry/api'
import { ROOT_CONTEXT } from '../../src/context/context.js'
import { baggage } from '../../src/propagation/baggage.js'
import { createPropagator } from '../../src/propagation/composite.js'
import { traceContext } from '../../src/propagation/trace-context.js'

const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

test('one propagator is itself', () => {
  assert.equal(createPropagator(['tracecontext']), traceContext)
  assert.equal(createPropagator(['baggage']), baggage)
  assert.equal(createPropagator(['baggage', 'baggage']), baggage)
})

test('several propagators read and write what each of them does', () => {
  const propagator = createPropagator(['tracecontext', 'baggage', 'tracecontext'])
  const headers = { traceparent: TRACEPARENT, tracestate: 'foo=1', baggage: 'userId=alice' }
  const carrier = {}
  propagator.inject(propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter), carrier, defaultTextMapSetter)
  assert.deepEqual(carrier, headers)
  assert.deepEqual(propagator.fields(), ['traceparent', 'tracestate', 'baggage'])
})

test('baggage is read beside a traceparent that is rejected', () => {
  const propagator = createPropagator(['tracecontext', 'baggage'])
  const headers = { traceparent: TRACEPARENT.toUpperCase(), baggage: 'userId=alice' }
  const context = propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter)
  assert.equal(trace.getSpan(context), undefined)
  assert.equal(propagation.getBaggage(context)?.getEntry('userId')?.value, 'alice')
})

for (const names of [[], ['none'], ['tracecontext', 'none', 'baggage']] as const) {
  test(`nothing is propagated for [${names}]`, () => {
    const propagator = createPropagator(names)
    const carrier = {}
    const context = trace.setSpanContext(ROOT_CONTEXT, {
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: 'b7ad6b7169203331',
      traceFlags: 1,
    })
    propagator.inject(context, carrier, defaultTextMapSetter)
    assert.deepEqual(carrier, {})
    assert.equal(propagator.extract(context, { traceparent: TRACEPARENT }, defaultTextMapGetter), context)
    assert.deepEqual(propagator.fields(), [])
  })
}

test('it serves as the global propagator of the API', () => {
  propagation.setGlobalPropagator(createPropagator(['tracecontext', 'baggage']))
  const context = propagation.extract(ROOT_CONTEXT, { traceparent: TRACEPARENT })
  const carrier = {}
  propagation.inject(context, carrier)
  propagation.disable()
  assert.deepEqual(carrier, { traceparent: TRACEPARENT })
})

/** What the propagators read from a request with these header lines, of a real server. */
async function contextOfRequest(lines: string[]): Promise<Context> {
  const propagator = createPropagator(['tracecontext', 'baggage'])
  const server = http.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const request = http.request({ port, host: '127.0.0.1', headers: ['host', 'localhost', ...lines] })
  request.end()
  const [received, response] = await once(server, 'request')
  response.end()
  const [answer] = await once(request, 'response')
  answer.resume()
  server.close()
  return propagator.extract(ROOT_CONTEXT, received.headers, defaultTextMapGetter)
}

for (const name of ['traceparent', 'TraceParent', 'TRACEPARENT']) {
  test(`a request with a header ${name} has a parent`, async () => {
    const context = await contextOfRequest([name, TRACEPARENT])
    assert.equal(trace.getSpanContext(context)?.spanId, 'b7ad6b7169203331')
  })
}

test('a request with two traceparent headers has no parent', async () => {
  const context = await contextOfRequest(['traceparent', TRACEPARENT, 'traceparent', TRACEPARENT])
  assert.equal(trace.getSpan(context), undefined)
})

test('several tracestate and baggage headers of a request are combined in their order', async () => {
  const context = await contextOfRequest(
    [
      ['traceparent', TRACEPARENT],
      ['tracestate', 'foo=1,bar=2'],
      ['tracestate', ''],
      ['TraceState', 'baz=3'],
      ['baggage', 'userId=alice'],
      ['Baggage', 'serverNode=DF%2028'],
    ].flat(),
  )
  assert.equal(trace.getSpanContext(context)?.traceState?.serialize(), 'foo=1,bar=2,baz=3')
  assert.deepEqual(propagation.getBaggage(context)?.getAllEntries(), [
    ['userId', { value: 'alice' }],
    ['serverNode', { value: 'DF 28' }],
  ])
})

test("loading the propagators does not load the API's module", () => {
  const url = new URL('../../src/propagation/composite.js', import.meta.url)
  const hooks = `export async function resolve(name, context, next) {
    if (name.startsWith('@opentelemetry/')) throw new Error('loads ' + name)
    return next(name, context)
  }`
  const program = `import { register } from 'node:module'
    register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(hooks)}))
    const { createPropagator } = await import(${JSON.stringify(url.href)})
    console.log(createPropagator(['tracecontext']).fields().join())`
  const output = execFileSync(process.execPath, ['--no-warnings', '--input-type=module', '-e', program])
  assert.equal(output.toString(), 'traceparent,tracestate\n')
})
