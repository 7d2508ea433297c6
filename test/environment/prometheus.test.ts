import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, createServer, type IncomingMessage, request } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { said } from '../exit/bare.js'
import { atEnd, type Owner } from '../harness/owner.js'
import { launch, type Program, run } from '../harness/program.js'
import { startSink } from '../harness/sink.js'

const APP = 'metrics/shop.mjs'
const ENV = {
  OTEL_SERVICE_NAME: 'shop "7"',
  OTEL_TRACES_EXPORTER: 'none',
  OTEL_METRICS_EXPORTER: 'prometheus',
  OTEL_EXPORTER_PROMETHEUS_PORT: '0',
  OTEL_EXPORTER_PROMETHEUS_HOST: '127.0.0.1',
}

async function startScraped(owner: Owner, env = {}): Promise<{ program: Program; url: string; port: number }> {
  const program = launch(owner, APP, { env: { ...ENV, ...env } })
  const [, url = '', port] = await program.printed(/metrics for Prometheus at (http:\S+:(\d+)\/metrics)/, {
    on: 'stderr',
  })
  await program.printed(/at the door/)
  return { program, url, port: Number(port) }
}

/** What a scraper reads, without what differs from run to run. */
function shop(text: string): string {
  return text
    .split('\n')
    .filter((line) => line.includes('shop_') || line.startsWith('# EOF'))
    .join('\n')
    .replaceAll(/[0-9a-f]{32}/g, '<trace>')
    .replaceAll(/[0-9a-f]{16}/g, '<span>')
    .replaceAll(/ \d{10}\.\d{3}$/gm, ' <time>')
}

test('a scraper gets the older text format by default', async (t) => {
  const { url } = await startScraped(t)
  const response = await fetch(url)
  assert.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8')
  const text = await response.text()
  assert.equal(
    shop(text),
    [
      '# TYPE shop_orders_total counter',
      '# HELP shop_orders_total Orders taken',
      'shop_orders_total{kind="tea",otel_scope_name="shop",otel_scope_version="2.0"} 2',
      'shop_orders_total{kind="cake",otel_scope_name="shop",otel_scope_version="2.0"} 1',
      '# TYPE shop_order_weight_grams histogram',
      'shop_order_weight_grams_bucket{otel_scope_name="shop",otel_scope_version="2.0",le="100"} 1',
      'shop_order_weight_grams_bucket{otel_scope_name="shop",otel_scope_version="2.0",le="1000"} 2',
      'shop_order_weight_grams_bucket{otel_scope_name="shop",otel_scope_version="2.0",le="+Inf"} 2',
      'shop_order_weight_grams_sum{otel_scope_name="shop",otel_scope_version="2.0"} 750',
      'shop_order_weight_grams_count{otel_scope_name="shop",otel_scope_version="2.0"} 2',
      '# TYPE shop_stock gauge',
      'shop_stock{shelf="tea",otel_scope_name="shop",otel_scope_version="2.0"} 7',
    ].join('\n'),
  )
  assert.match(
    text,
    /^# TYPE target_info gauge\n# HELP target_info Target metadata\ntarget_info\{.*service_name="shop \\"7\\""/m,
  )
})

test('a scraper that asks for OpenMetrics gets it, with exemplars each time', async (t) => {
  const { url } = await startScraped(t)
  const headers = {
    accept: 'application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2',
  }
  for (let i = 0; i < 2; i++) {
    const response = await fetch(url, { headers })
    assert.equal(response.headers.get('content-type'), 'application/openmetrics-text; version=1.0.0; charset=utf-8')
    const text = await response.text()
    assert.equal(
      shop(text),
      [
        '# TYPE shop_orders counter',
        '# HELP shop_orders Orders taken',
        'shop_orders_total{kind="tea",otel_scope_name="shop",otel_scope_version="2.0"} 2 # {trace_id="<trace>",span_id="<span>"} 2 <time>',
        'shop_orders_total{kind="cake",otel_scope_name="shop",otel_scope_version="2.0"} 1',
        '# TYPE shop_order_weight_grams histogram',
        '# UNIT shop_order_weight_grams grams',
        'shop_order_weight_grams_bucket{otel_scope_name="shop",otel_scope_version="2.0",le="100.0"} 1 # {trace_id="<trace>",span_id="<span>"} 50 <time>',
        'shop_order_weight_grams_bucket{otel_scope_name="shop",otel_scope_version="2.0",le="1000.0"} 2 # {trace_id="<trace>",span_id="<span>"} 700 <time>',
        'shop_order_weight_grams_bucket{otel_scope_name="shop",otel_scope_version="2.0",le="+Inf"} 2',
        'shop_order_weight_grams_sum{otel_scope_name="shop",otel_scope_version="2.0"} 750',
        'shop_order_weight_grams_count{otel_scope_name="shop",otel_scope_version="2.0"} 2',
        '# TYPE shop_stock gauge',
        'shop_stock{shelf="tea",otel_scope_name="shop",otel_scope_version="2.0"} 7',
        '# EOF',
      ].join('\n'),
    )
    assert.match(text, /^# TYPE target info$/m)
    assert.ok(text.endsWith('# EOF\n'))
  }
})

test('who asks while a callback takes its time has all metrics too, in either format', async (t) => {
  const program = launch(t, 'metrics/slow.cjs', { env: { ...ENV, SERVES: 'true' } })
  const [, url = ''] = await program.printed(/metrics for Prometheus at (http:\S+)/, { on: 'stderr' })
  const texts = ['text/plain', 'application/openmetrics-text', 'text/plain'].map(async (accept) => {
    const response = await fetch(url, { headers: { accept } })
    return shop(await response.text())
      .match(/^shop_\w+|^# EOF/gm)
      ?.join()
  })
  assert.deepEqual(await Promise.all(texts), [
    'shop_jobs_total,shop_level',
    'shop_jobs_total,shop_level,# EOF',
    'shop_jobs_total,shop_level',
  ])
})

test('a callback that never ends costs a scraper nothing else, and is said', async (t) => {
  const program = launch(t, 'metrics/slow.cjs', { env: { ...ENV, ENDLESS: 'true', SERVES: 'true' } })
  const [, url = ''] = await program.printed(/metrics for Prometheus at (http:\S+)/, { on: 'stderr' })
  // Without it callbacks have 30 seconds.
  const headers = { 'x-prometheus-scrape-timeout-seconds': '0.4' }
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(10_000) })
  assert.equal(
    shop(await response.text())
      .match(/^shop_\w+/gm)
      ?.join(),
    'shop_jobs_total,shop_level',
  )
  await program.printed(/^autospan: a callback of an observable instrument has not ended after 200 ms: .+$/m, {
    on: 'stderr',
  })
})

for (const [accept, type] of [
  ['application/openmetrics-text', 'application/openmetrics-text'],
  ['text/plain;q=0.5, application/openmetrics-text;q=0.4', 'text/plain'],
  ['application/openmetrics-text;q=0', 'text/plain'],
  ['application/openmetrics-text;q=x', 'text/plain'],
  ['*/*', 'text/plain'],
  [';;,,=', 'text/plain'],
] as const) {
  test(`to Accept: ${accept} the answer is ${type}`, async (t) => {
    const { url } = await startScraped(t)
    const response = await fetch(url, { headers: { accept } })
    assert.equal(response.headers.get('content-type')?.split(';')[0], type)
  })
}

test('nobody else is served', async (t) => {
  const { url } = await startScraped(t)
  const statusOf = async (path: string, init: RequestInit = {}) => (await fetch(new URL(path, url), init)).status
  assert.equal(await statusOf('/'), 404)
  assert.equal(await statusOf('/metrics/..%2f'), 404)
  assert.equal(await statusOf('/metrics?name[]=a'), 200)
  assert.equal(await statusOf('/metrics', { method: 'HEAD' }), 200)
  assert.equal(await statusOf('/metrics', { method: 'POST', body: 'x'.repeat(100_000) }), 405)
})

const MALFORMED = {
  'no HTTP': 'GARBAGE\r\n\r\n',
  'a header without end': `GET /metrics HTTP/1.1\r\nhost: a\r\nx: ${'x'.repeat(100_000)}`,
  'a target that is none': 'GET %%%% HTTP/1.1\r\nhost: a\r\n\r\n',
  'two lengths': 'POST /metrics HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nx',
  'no host': 'GET /metrics HTTP/1.1\r\n\r\n',
  'an upgrade': 'GET /metrics HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
  'a tunnel': 'CONNECT a:1 HTTP/1.1\r\nhost: a\r\n\r\n',
  'nothing at all': '',
}

for (const [name, bytes] of Object.entries(MALFORMED)) {
  test(`${name} harms neither the program nor the endpoint`, async (t) => {
    const { url, port, program } = await startScraped(t)
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    await once(socket, 'connect')
    if (bytes === '') {
      socket.destroy()
    } else {
      socket.write(bytes)
      // An answer, or the end of the connection.
      await Promise.race([once(socket, 'data'), once(socket, 'close')])
      socket.destroy()
    }
    assert.equal((await fetch(url)).status, 200)
    assert.equal(program.stderr.split('\n').filter((line) => line !== '').length, 2)
  })
}

test('who connects and says nothing is cut off, and keeps no scraper out for long', { timeout: 20_000 }, async (t) => {
  const { url, port } = await startScraped(t)
  // More than are served at once.
  const silent = Array.from({ length: 30 }, () => {
    const socket = connect(port, '127.0.0.1').on('error', () => {})
    t.after(() => socket.destroy())
    return new Promise((resolve) => socket.resume().on('close', resolve))
  })
  await Promise.all(silent)
  assert.equal((await fetch(url)).status, 200)
})

test('scrapes are neither traced nor measured', async (t) => {
  const sink = await startSink(t)
  const { url, program } = await startScraped(t, {
    OTEL_TRACES_EXPORTER: 'otlp',
    ...sink.env,
  })
  await (await fetch(url)).text()
  const text = await (await fetch(url)).text()
  assert.ok(!text.includes('http_server'))
  program.signal('SIGTERM')
  await program.exited
  assert.deepEqual(
    (await sink.settled()).map(({ name }) => name),
    ['order'],
  )
})

test('20 connections are served, and the next ones when one of these has gone', async (t) => {
  const { url, port } = await startScraped(t)
  const scrapers = await Promise.all(Array.from({ length: 21 }, () => scraper(t, port)))
  assert.equal(scrapers.filter(({ text }) => text.startsWith('HTTP/1.1 200 ')).length, 20)
  assert.equal(scrapers.filter(({ text }) => text === '').length, 1)
  for (const { socket } of scrapers) socket.destroy()
  while (!(await scraper(t, port)).text.startsWith('HTTP/1.1 200 '));
  assert.equal((await fetch(url)).status, 200)
})

/** What a connection of its own is answered first; nothing where it is closed. */
async function scraper(owner: Owner, port: number): Promise<{ readonly text: string; readonly socket: Socket }> {
  const socket = connect(port, '127.0.0.1').on('error', () => {})
  atEnd(owner, async () => void socket.destroy())
  socket.write('GET /metrics HTTP/1.1\r\nhost: a\r\n\r\n')
  const text = await new Promise<string>((resolve) => {
    socket.once('data', (data) => resolve(String(data)))
    socket.once('close', () => resolve(''))
  })
  return { text, socket }
}

test('the endpoint keeps no program alive', async () => {
  const { code } = await run(APP, { env: { ...ENV, DOOR: 'the empty event loop' } })
  assert.equal(code, 0)
})

test('nor does a scraper that asks again and again', { timeout: 60_000 }, async (t) => {
  const program = launch(t, 'metrics/retiring.mjs', { env: ENV })
  const [, port = ''] = await program.printed(/metrics for Prometheus at http:\S+:(\d+)\//, { on: 'stderr' })
  await program.printed(/at work/)
  // By one connection, which an idle one would not be for long.
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.after(() => agent.destroy())
  const scrape = async (): Promise<number | undefined> => {
    const asked = request({ agent, port, host: '127.0.0.1', path: '/metrics' }).end()
    const [response] = (await once(asked, 'response')) as [IncomingMessage]
    await once(response.resume(), 'end')
    return response.statusCode
  }
  assert.equal(await scrape(), 200)
  program.signal('SIGUSR2')
  await assert.rejects(async () => {
    for (;;) await scrape()
  })
  assert.equal((await program.exited).code, 0)
})

test('a port that is taken costs one line', async (t) => {
  const server = createServer().listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  const port = String((server.address() as AddressInfo).port)
  const program = launch(t, APP, { env: { ...ENV, OTEL_EXPORTER_PROMETHEUS_PORT: port } })
  await program.printed(/cannot serve metrics to Prometheus on 127\.0\.0\.1:\d+: EADDRINUSE/, { on: 'stderr' })
  program.signal('SIGTERM')
  assert.equal(said(await program.exited).length, 2)
})
