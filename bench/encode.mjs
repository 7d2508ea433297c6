// What it costs to encode a span for OTLP. After a build: node --expose-gc bench/encode.mjs
import { createSpanEncoder } from '../dist/src/otlp/encoders.js'
import { newSpanId, newTraceId } from '../dist/src/trace/id.js'
import { RecordingSpan } from '../dist/src/trace/span.js'

const BATCH = 512
const ROUNDS = 400
/** The first rounds are for the compiler. */
const WARM_UP = 100

const resource = { attributes: ['service.name', 'bench', 'service.version', '1.0.0'], schemaUrl: '' }
const http = { name: 'autospan/http', version: '0.1.0', schemaUrl: '' }
const pg = { name: 'autospan/pg', version: '0.1.0', schemaUrl: '' }

const serverSpan = (i) =>
  endedSpan(http, `GET /users/:id`, 1, [
    'http.request.method',
    'GET',
    'url.path',
    `/users/${i}`,
    'url.scheme',
    'http',
    'server.address',
    'localhost',
    'server.port',
    8080,
    'client.address',
    '127.0.0.1',
    'http.response.status_code',
    200,
    'http.route',
    '/users/:id',
    'user_agent.original',
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
    'network.protocol.version',
    '1.1',
  ])

const databaseSpan = () =>
  endedSpan(pg, 'SELECT users', 2, [
    'db.system.name',
    'postgresql',
    'db.namespace',
    'shop',
    'db.query.text',
    'SELECT id, name, email FROM users WHERE id = $1',
    'db.query.summary',
    'SELECT users',
    'server.address',
    'localhost',
    'server.port',
    5432,
  ])

const failedSpan = (i) => {
  const span = serverSpan(i)
  span.events = [
    {
      name: 'exception',
      time: performance.now(),
      attributes: ['exception.type', 'TypeError', 'exception.message', 'x is not a function'].concat([
        'exception.stacktrace',
        new TypeError('x is not a function').stack,
      ]),
      droppedAttributes: 0,
    },
  ]
  span.statusCode = 2
  return span
}

const CASES = [
  ['10 attributes', serverSpan],
  ['two scopes in turn', (i) => (i % 2 === 0 ? serverSpan(i) : databaseSpan())],
  ['with an exception', failedSpan],
]

console.log(`${process.version}: the best of ${ROUNDS - WARM_UP} batches of ${BATCH} spans`)
if (globalThis.gc === undefined) console.log('(with --expose-gc also garbage)')
for (const protocol of ['http/protobuf', 'http/json']) {
  for (const [name, makeSpan] of CASES) {
    const spans = Array.from({ length: BATCH }, (_, i) => makeSpan(i))
    const { nanos, bytes, garbage } = measure(createSpanEncoder(protocol, resource), spans)
    const columns = [protocol.padEnd(14), name.padEnd(20), `${nanos.toFixed(0).padStart(6)} ns/span`]
    columns.push(`${bytes.toFixed(0).padStart(6)} bytes/span`)
    if (garbage !== undefined) columns.push(`${garbage.toFixed(1).padStart(8)} bytes of garbage/span`)
    console.log(columns.join('  '))
  }
}

// Why src/otlp writes short strings by a loop, longer ones by Buffer.write, and copies keys.
const target = Buffer.allocUnsafe(65_536)
const keys = serverSpan(0).attributes.filter((_, i) => i % 2 === 0)
const encodedKeys = new Map(keys.map((key) => [key, Buffer.from(key)]))
console.log('\none string          by a loop  by Buffer.write')
for (const length of [4, 8, 16, 24, 32, 48, 64, 128]) {
  const strings = Array.from({ length: 10 }, (_, i) => JSON.parse(`"${String(i).repeat(length)}"`))
  const columns = [nanosOfEach(strings, writeByLoop), nanosOfEach(strings, writeNatively)]
  console.log(`${length} characters`.padEnd(18), ...columns.map((nanos) => `${nanos.toFixed(1).padStart(8)} ns`))
}
const [looped, copied] = [nanosOfEach(keys, writeByLoop), nanosOfEach(keys, copyKey)]
console.log(`an attribute's key: ${looped.toFixed(1)} ns by a loop, ${copied.toFixed(1)} ns by a look-up and a copy`)

function writeByLoop(text, at) {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0x7f) return -1
    target[at + i] = code
  }
  return text.length
}

function writeNatively(text, at) {
  return target.write(text, at)
}

function copyKey(text, at) {
  const bytes = encodedKeys.get(text)
  target.set(bytes, at)
  return bytes.length
}

function nanosOfEach(strings, write) {
  let nanos = Number.POSITIVE_INFINITY
  for (let round = 0; round < 20; round++) {
    const start = process.hrtime.bigint()
    for (let i = 0; i < 20_000; i++) {
      let at = i & 1023
      for (const text of strings) at += write(text, at)
    }
    nanos = Math.min(nanos, Number(process.hrtime.bigint() - start))
  }
  return nanos / 20_000 / strings.length
}

/** Garbage is what the heap grew by while spans were added, of which nothing is reachable but the encoder's buffers. */
function measure(encoder, spans) {
  let nanos = Number.POSITIVE_INFINITY
  let garbage = globalThis.gc === undefined ? undefined : Number.POSITIVE_INFINITY
  let bytes = 0
  for (let round = 0; round < ROUNDS; round++) {
    if (round === WARM_UP) globalThis.gc?.()
    const before = process.memoryUsage().heapUsed
    const start = process.hrtime.bigint()
    for (const span of spans) encoder.add(span)
    const elapsed = Number(process.hrtime.bigint() - start)
    const grown = process.memoryUsage().heapUsed - before
    bytes = encoder.take().length
    if (round < WARM_UP) continue
    nanos = Math.min(nanos, elapsed)
    // A collection in between makes the heap smaller, and such a round tells nothing.
    if (garbage !== undefined && grown >= 0) garbage = Math.min(garbage, grown)
  }
  return { nanos: nanos / BATCH, bytes: bytes / BATCH, garbage: garbage && garbage / BATCH }
}

function endedSpan(scope, name, kind, attributes) {
  const parent = { traceId: newTraceId(), spanId: newSpanId(), traceFlags: 1, isRemote: true }
  const settings = { processor: { onEnd() {} } }
  const start = performance.now()
  const anchor = performance.timeOrigin
  const span = new RecordingSpan(
    settings,
    scope,
    parent.traceId,
    newSpanId(),
    3,
    parent,
    name,
    kind,
    attributes,
    start,
    anchor,
  )
  span.end()
  return span
}
