import assert from 'node:assert/strict'
import { test } from 'node:test'
import { diag } from '../../src/diag/diag.js'
import { ConsoleLogProcessor } from '../../src/export/console/logs.js'
import { drawMetrics } from '../../src/export/console/metric-table.js'
import { type ConsoleOptions, ConsoleProcessor, wantsColour } from '../../src/export/console/spans.js'
import type { LogData } from '../../src/logs/log-data.js'
import { CLIENT, INTERNAL, SERVER } from '../../src/trace/kind.js'
import { type SpanData, STATUS_ERROR } from '../../src/trace/span.js'
import { spanData } from '../otlp/span-data.js'

test('a trace is printed when its root has ended, children first or not', () => {
  const { processor, printed } = consoleProcessor()
  processor.onEnd(
    span({ id: 'b', parent: 'a', name: 'GET', kind: CLIENT, start: 1, end: 9, attributes: ['url.full', 'http://x/y'] }),
  )
  assert.equal(printed(), '')
  processor.onEnd(
    span({ id: 'a', name: 'GET /u', kind: SERVER, end: 10, attributes: ['http.response.status_code', 200] }),
  )
  assert.equal(
    printed(),
    `
trace t · 2 spans · 10.0 ms
GET /u      shop  server  200  10.0 ms  ████████████████████████████████████████████████
└─ GET x/y  shop  client       8.00 ms       ██████████████████████████████████████
`
      .slice(1)
      .concat('\n'),
  )
})

test('a local root is one whose parent is remote, too', () => {
  const { processor, printed } = consoleProcessor()
  processor.onEnd(span({ id: 'b', parent: 'a', parentIsRemote: true }))
  assert.match(printed(), /^trace t · 1 span · 10.0 ms · remote parent a\n/)
})

test('a program that calls itself has one tree: a remote parent that is open here is waited for', () => {
  const open = new Set(['a'])
  const { processor, printed } = consoleProcessor({ isOpen: (id) => open.has(id) })
  processor.onEnd(span({ id: 'b', parent: 'a', parentIsRemote: true, name: 'served' }))
  assert.equal(printed(), '')
  open.delete('a')
  processor.onEnd(span({ id: 'a', name: 'sent' }))
  assert.match(printed(), /^trace t · 2 spans · 10.0 ms\nsent .*\n└─ served .*\n\n$/)
})

test('an error is printed with its type and its message, from the status or the exception', () => {
  const { processor, printed } = consoleProcessor()
  const exception = {
    name: 'exception',
    time: 5,
    attributes: ['exception.type', 'TypeError', 'exception.message', 'x is not a function'],
    droppedAttributes: 0,
  }
  const attributes = ['error.type', 'TypeError']
  processor.onEnd(span({ id: 'a', statusCode: STATUS_ERROR, attributes, events: [exception] }))
  assert.match(printed(), /✗ TypeError .*\n {3}x is not a function\n\n$/)
  processor.onEnd(span({ id: 'b', statusCode: STATUS_ERROR, statusMessage: 'no luck', events: [exception] }))
  assert.match(printed(), /✗ error .*\n {3}no luck\n\n$/)
})

test('children that end after their parent was printed follow as a late tree', () => {
  const { processor, printed } = consoleProcessor()
  processor.onEnd(span({ id: 'a', name: 'root' }))
  printed()
  processor.onEnd(span({ id: 'c', parent: 'b', name: 'grandchild' }))
  assert.equal(printed(), '')
  processor.onEnd(span({ id: 'b', parent: 'a', name: 'child' }))
  assert.match(printed(), /^trace t · 2 spans · 10.0 ms · late\nchild .*\n└─ grandchild .*\n\n$/)
})

test('a local root takes its own descendants only', () => {
  const { processor, printed } = consoleProcessor()
  processor.onEnd(span({ id: 'b', parent: 'a', name: 'client' }))
  processor.onEnd(span({ id: 'c', parent: 'b', parentIsRemote: true, name: 'server' }))
  assert.match(printed(), /^trace t · 1 span .*\nserver .*\n\n$/)
  processor.onEnd(span({ id: 'a', name: 'root' }))
  assert.match(printed(), /^trace t · 2 spans .*\nroot .*\n└─ client .*\n\n$/)
})

for (const end of ['flush', 'close'] as const) {
  test(`${end} prints what is held, once`, async () => {
    const { processor, printed } = consoleProcessor()
    processor.onEnd(span({ id: 'b', parent: 'a', name: 'open' }))
    assert.equal(processor.unflushed, true)
    await processor[end]()
    assert.match(printed(), /^trace t · 1 span · 10.0 ms · incomplete\nopen .*\n\n$/)
    assert.equal(processor.unflushed, false)
    await processor[end]()
    assert.equal(printed(), '')
  })
}

test('when too much is held, the oldest trace is printed as it is', () => {
  const { processor, printed } = consoleProcessor({ maxSpans: 3 })
  processor.onEnd(span({ traceId: 'old', id: 'b', parent: 'a' }))
  processor.onEnd(span({ traceId: 'old', id: 'c', parent: 'a' }))
  processor.onEnd(span({ traceId: 'new', id: 'd', parent: 'a' }))
  assert.equal(printed(), '')
  processor.onEnd(span({ traceId: 'new', id: 'e', parent: 'a' }))
  assert.match(printed(), /^trace old · 2 spans .* · incomplete\n/)
  processor.close()
  assert.match(printed(), /^trace new · 2 spans /)
})

test('ids of what was printed are bounded as well', () => {
  const { processor, printed } = consoleProcessor({ maxSpans: 2 })
  for (const id of ['a', 'b', 'c']) processor.onEnd(span({ traceId: id, id }))
  printed()
  processor.onEnd(span({ traceId: 'c', id: 'd', parent: 'c' }))
  assert.match(printed(), / · late\n/)
  processor.onEnd(span({ traceId: 'a', id: 'e', parent: 'a' }))
  assert.equal(printed(), '')
})

test('a writer that throws does no harm', (t) => {
  diag.setLevel('none')
  t.after(() => diag.setLevel('info'))
  const { processor } = consoleProcessor({
    write: () => {
      throw new Error('EPIPE')
    },
  })
  processor.onEnd(span({ id: 'a' }))
  processor.onEnd(span({ id: 'b', parent: 'a' }))
  processor.close()
})

for (const [isTerminal, noColor, forceColor, colour] of [
  [true, undefined, undefined, true],
  [false, undefined, undefined, false],
  [true, '1', undefined, false],
  [true, '', undefined, true],
  [false, undefined, '1', true],
  [true, '1', '1', true],
  [true, undefined, '0', false],
  [true, undefined, 'false', false],
  [true, undefined, '', true],
] as const) {
  const where = `${isTerminal ? 'a terminal' : 'a file'}, NO_COLOR=${noColor}, FORCE_COLOR=${forceColor}`
  test(`${where}: ${colour ? 'colour' : 'no colour'}`, () => {
    assert.equal(wantsColour(isTerminal, noColor, forceColor), colour)
  })
}

/** `printed()` gives what was written since it was last called. */
function consoleProcessor(options: Partial<ConsoleOptions> = {}): {
  processor: ConsoleProcessor
  printed: () => string
} {
  let text = ''
  const write = (more: string): void => {
    text += more
  }
  return {
    processor: new ConsoleProcessor({ serviceName: 'shop', write, colour: false, ...options }),
    printed: () => {
      const taken = text
      text = ''
      return taken
    },
  }
}

interface Given extends Partial<SpanData> {
  readonly id: string
  readonly parent?: string
  readonly start?: number
  readonly end?: number
}

function span({ id, parent = '', start = 0, end = 10, ...given }: Given): SpanData {
  const times = { startTime: start, endTime: end, anchor: 1_700_000_000_000 }
  return spanData({ traceId: 't', spanId: id, parentSpanId: parent, name: 'a', kind: INTERNAL, ...times, ...given })
}

for (const [what, attribute, shown] of [
  ['a whole number of any size', 10n ** 20n, '100000000000000000000'],
  ['a list of such numbers', [1n, 2n], '["1","2"]'],
  ['nothing', null, 'null'],
  ['a text of two lines', 'a\nb', 'a\\nb'],
] as const) {
  test(`${what} is shown among the attributes of a metric`, () => {
    const point = { name: 'sold', unit: '', attributes: { ids: attribute }, value: 1, traceId: '' }
    assert.equal(drawMetrics([point]), `sold  1  ids=${shown}`)
  })
}

for (const [what, time, shown] of [
  ['milliseconds', [1_700_000_000, 123_000_000], '22:13:20.123'],
  ['microseconds', [1_700_000_000_000, 0], '22:13:20.000'],
  ['nanoseconds, beyond a Date', [1_700_000_000_000_000, 0], '00:00:01.500'],
] as const) {
  test(`a log record whose time was given in ${what} has its line`, () => {
    let text = ''
    const record = { ...logRecord, time: [...time] as [number, number] }
    new ConsoleLogProcessor((more) => {
      text += more
    }).onEnd(record)
    assert.equal(text, `${shown} INFO  shop: sold ids=["1"]\n`)
  })
}

const logRecord: LogData = {
  scope: { name: 'shop', version: '', schemaUrl: '' },
  time: undefined,
  observedTime: 1500,
  anchor: 0,
  severityNumber: 9,
  severityText: '',
  body: 'sold',
  eventName: '',
  attributes: ['ids', [1n]],
  droppedAttributes: 0,
  traceId: '',
  spanId: '',
  traceFlags: 0,
}
