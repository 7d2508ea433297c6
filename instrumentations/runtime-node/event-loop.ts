import type { EventLoopUtilization } from 'node:perf_hooks'
import type { Kit } from '../../src/instrumentation/kit.js'
import type { DelaySamples } from './delay-samples.js'
import { LoopDelay } from './loop-delay.js'

/** What the conventions want to have of the delays since the last collection. */
const STATISTICS: readonly {
  readonly name: string
  readonly description: string
  readonly of: (delays: DelaySamples) => number
  /** Where a reader gets what a thread has observed at times of its own: see `Descriptor` of metrics. */
  readonly ofPeriods: 'least' | 'most' | 'last'
}[] = [
  { name: 'min', description: 'Event loop minimum delay.', of: ({ min }) => min, ofPeriods: 'least' },
  { name: 'max', description: 'Event loop maximum delay.', of: ({ max }) => max, ofPeriods: 'most' },
  { name: 'mean', description: 'Event loop mean delay.', of: ({ mean }) => mean, ofPeriods: 'last' },
  {
    name: 'stddev',
    description: 'Event loop standard deviation delay.',
    of: ({ stddev }) => stddev,
    ofPeriods: 'last',
  },
  ...[50, 90, 99].map((percent) => ({
    name: `p${percent}`,
    description: `Event loop ${percent} percentile delay.`,
    of: (delays: DelaySamples) => delays.percentile(percent),
    // Of all periods together it is not above the highest of theirs.
    ofPeriods: 'most' as const,
  })),
]

/** What one reader has been told, up to when. */
interface Watch {
  readonly delays: DelaySamples
  used: EventLoopUtilization
}

/** The delay and the use of this thread's event loop, since the last collection and in all. */
export function measureEventLoop(kit: Kit): void {
  const { performance } = process.getBuiltinModule('node:perf_hooks')
  const meter = kit.meter()
  const gauges = STATISTICS.map(({ name, description, ofPeriods }) =>
    meter.createObservableGauge(`nodejs.eventloop.delay.${name}`, { description, unit: 's', ofPeriods }),
  )
  const utilization = meter.createObservableGauge('nodejs.eventloop.utilization', {
    description: 'Event loop utilization.',
    unit: '1',
  })
  const time = meter.createObservableCounter('nodejs.eventloop.time', {
    description: 'Cumulative duration of time the event loop has been in each state.',
    unit: 's',
  })

  const delay = new LoopDelay(kit)
  const newWatch = (): Watch => ({ delays: delay.watch(), used: performance.eventLoopUtilization() })
  const watches = new Map<object, Watch>()
  /** For the first reader to ask, which is the only one in most programs. */
  let first: Watch | undefined = newWatch()

  meter.observe((observe, reader) => {
    const watch = watches.get(reader) ?? first ?? newWatch()
    first = undefined
    watches.set(reader, watch)
    const { delays, used } = watch
    delay.countIdle()
    if (delays.count > 0) {
      for (const [i, { of }] of STATISTICS.entries()) observe(gauges[i]!, of(delays))
      delays.reset()
    }
    const now = performance.eventLoopUtilization()
    const passed = now.active + now.idle - used.active - used.idle
    if (passed > 0) observe(utilization, Math.min((now.active - used.active) / passed, 1))
    watch.used = now
    observe(time, now.active / 1000, { 'nodejs.eventloop.state': 'active' })
    observe(time, now.idle / 1000, { 'nodejs.eventloop.state': 'idle' })
  })
}
