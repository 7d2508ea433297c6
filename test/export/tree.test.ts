import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DrawnSpan } from '../../src/export/console/drawn-span.js'
import { drawTrace } from '../../src/export/console/tree.js'

const plain = { width: 100, colour: false }

test('a trace of two services is a tree with its times, statuses and errors', () => {
  assert.equal(
    drawTrace(checkout(), plain),
    `
trace 4bf92f3577b34da6a3ce929d0e0e4736 · 8 spans · 2 services · 48.2 ms · 3 errors
GET /checkout/:id /checkout/7         gateway  server  ✗ 502           48.2 ms  ████████████████████
├─ GET 127.0.0.1:4001/orders/7?full…  gateway  client  200             20.3 ms  ▐████████
│  └─ GET /orders/:id /orders/7       orders   server  200             16.7 ms   ▐██████▌
│     ├─ SELECT shop.orders           orders   client                  4.75 ms    ██
│     ├─ SELECT shop.order_lines      orders   client                  8.80 ms      ████
│     └─ price the order              orders           ok               300 µs          ▌
├─ GET 127.0.0.1:4001/stock/7         gateway  client  ✗ 404           10.0 ms   ████
└─ POST billing.example.com/v1/char…  gateway  client  ✗ ECONNREFUSED  25.0 ms           ██████████▌
      connect ECONNREFUSED 127.0.0.1:9
`.slice(1),
  )
})

test('a narrow terminal gets names rather than bars, a wide one both whole', () => {
  const spans = checkout().slice(0, 3)
  assert.equal(
    drawTrace(spans, { width: 60, colour: false }),
    `
trace 4bf92f3577b34da6a3ce929d0e0e4736 · 3 spans · 2 services · 48.2 ms · 1 error
GET /checkout/:id         gateway  server  ✗ 502  48.2 ms
└─ GET 127.0.0.1:4001/o…  gateway  client  200    20.3 ms
   └─ GET /orders/:id     orders   server  200    16.7 ms
`.slice(1),
  )
  assert.equal(
    drawTrace(spans, { width: 200, colour: false }),
    `
trace 4bf92f3577b34da6a3ce929d0e0e4736 · 3 spans · 2 services · 48.2 ms · 1 error
GET /checkout/:id /checkout/7          gateway  server  ✗ 502  48.2 ms  ████████████████████████████████████████████████
└─ GET 127.0.0.1:4001/orders/7?full=1  gateway  client  200    20.3 ms   ████████████████████▌
   └─ GET /orders/:id /orders/7        orders   server  200    16.7 ms     ▐████████████████
`.slice(1),
  )
})

test('no line is wider than the terminal, whatever the names', () => {
  const long = checkout().map((span) => ({ ...span, name: span.name.repeat(20), service: span.service.repeat(20) }))
  for (const width of [100, 120, 200]) {
    for (const line of drawTrace(long, { width, colour: false }).split('\n')) assert.ok(line.length <= width, line)
  }
})

test('colour marks services and errors, and changes no text', () => {
  const coloured = drawTrace(checkout(), { width: 100, colour: true })
  assert.equal(stripped(coloured), drawTrace(checkout(), plain))
  for (const painted of ['\u001b[36mgateway\u001b[0m', '\u001b[35morders\u001b[0m', '\u001b[31m✗ 404\u001b[0m']) {
    assert.ok(coloured.includes(painted), painted)
  }
})

test('names and values cannot take hold of the terminal', () => {
  const drawn = drawTrace(
    [
      drawnSpan({
        name: 'GET\u001b[2J\n/x',
        service: 'a\u0007',
        status: 'error',
        message: 'bad\r\u001b]0;title\u0007',
        attributes: { 'error.type': 'E\u001b', 'url.path': '/\u202e' },
      }),
    ],
    plain,
  )
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
  assert.doesNotMatch(drawn, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
  assert.equal(drawn.split('\n').length, 4)
})

test('a span without a name, a trace without a duration, and a note', () => {
  assert.equal(
    drawTrace([drawnSpan({ name: '', endMillis: 0 })], { width: 60, colour: false, note: 'incomplete' }),
    `
trace 4bf92f3577b34da6a3ce929d0e0e4736 · 1 span · 0 µs · incomplete
(no name)  shop  0 µs  █████████████████████████████████████
`.slice(1),
  )
})

test('spans without their parent stand at the left edge', () => {
  const spans = [
    drawnSpan({ id: 'b', parentId: 'gone', name: 'b', startMillis: 2 }),
    drawnSpan({ id: 'c', parentId: 'b', name: 'c', startMillis: 3 }),
    drawnSpan({ id: 'a', parentId: 'gone', name: 'a', startMillis: 1 }),
  ]
  assert.deepEqual(names(drawTrace(spans, plain)), ['a', 'b', '└─ c'])
})

test('spans in a circle and spans with the same id are drawn once each', () => {
  const spans = [
    drawnSpan({ id: 'a', parentId: 'b', name: 'a' }),
    drawnSpan({ id: 'b', parentId: 'a', name: 'b' }),
    drawnSpan({ id: 'c', parentId: 'c', name: 'c' }),
    drawnSpan({ id: 'c', parentId: '', name: 'twin' }),
  ]
  assert.deepEqual(names(drawTrace(spans, plain)), ['c', 'twin', 'a', '└─ b'])
})

test('a trace deeper than any stack is drawn, with names in sight', () => {
  const spans = Array.from({ length: 20_000 }, (_, depth) =>
    drawnSpan({ id: String(depth), parentId: depth === 0 ? '' : String(depth - 1), name: `n${depth}` }),
  )
  const lines = drawTrace(spans, plain).split('\n')
  assert.equal(lines.length, 20_002)
  assert.match(lines[20_000] as string, /^… {26}└─ n19999 /)
})

function names(drawn: string): string[] {
  return drawn
    .split('\n')
    .slice(1, -1)
    .map((line) => line.replace(/ {2}shop .*/, '').trim())
}

function stripped(coloured: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
  return coloured.replace(/\u001b\[\d+m/g, '').replace(/ +$/gm, '')
}

function drawnSpan(span: Partial<DrawnSpan>): DrawnSpan {
  return {
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    id: 'a',
    parentId: '',
    name: 'a',
    kind: 'internal',
    service: 'shop',
    startMillis: 0,
    endMillis: 10,
    status: 'unset',
    message: '',
    attributes: {},
    ...span,
  }
}

function checkout(): DrawnSpan[] {
  const http = (status: number, target: object): DrawnSpan['attributes'] => ({
    'http.response.status_code': status,
    ...(status >= 400 ? { 'error.type': String(status) } : {}),
    ...target,
  })
  return [
    drawnSpan({
      id: '1',
      name: 'GET /checkout/:id',
      kind: 'server',
      service: 'gateway',
      endMillis: 48.2,
      status: 'error',
      attributes: http(502, { 'url.path': '/checkout/7' }),
    }),
    drawnSpan({
      id: '2',
      parentId: '1',
      name: 'GET',
      kind: 'client',
      service: 'gateway',
      startMillis: 1.1,
      endMillis: 21.4,
      attributes: http(200, { 'url.full': 'http://127.0.0.1:4001/orders/7?full=1' }),
    }),
    drawnSpan({
      id: '3',
      parentId: '2',
      name: 'GET /orders/:id',
      kind: 'server',
      service: 'orders',
      startMillis: 3.5,
      endMillis: 20.2,
      attributes: http(200, { 'url.path': '/orders/7' }),
    }),
    drawnSpan({
      id: '4',
      parentId: '3',
      name: 'SELECT shop.orders',
      kind: 'client',
      service: 'orders',
      startMillis: 5,
      endMillis: 9.75,
      attributes: { 'db.query.text': 'SELECT * FROM shop.orders WHERE id = $1' },
    }),
    drawnSpan({
      id: '5',
      parentId: '3',
      name: 'SELECT shop.order_lines',
      kind: 'client',
      service: 'orders',
      startMillis: 10.2,
      endMillis: 19,
    }),
    drawnSpan({
      id: '6',
      parentId: '3',
      name: 'price the order',
      service: 'orders',
      startMillis: 19.1,
      endMillis: 19.4,
      status: 'ok',
    }),
    drawnSpan({
      id: '7',
      parentId: '1',
      name: 'GET',
      kind: 'client',
      service: 'gateway',
      startMillis: 2,
      endMillis: 12,
      status: 'error',
      attributes: http(404, { 'url.full': 'http://127.0.0.1:4001/stock/7' }),
    }),
    drawnSpan({
      id: '8',
      parentId: '1',
      name: 'POST',
      kind: 'client',
      service: 'gateway',
      startMillis: 22,
      endMillis: 47,
      status: 'error',
      message: 'connect ECONNREFUSED 127.0.0.1:9',
      attributes: { 'error.type': 'ECONNREFUSED', 'url.full': 'https://billing.example.com/v1/charges' },
    }),
  ]
}
