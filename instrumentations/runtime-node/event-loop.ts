import type { EventLoopUtilization, IntervalHistogram } from 'node:perf_hooks'
import type { AgentMeter } from '../../src/instrumentation/kit.js'

/** How often the delay is sampled. Each sample wakes an idle process, so not as often as Node.js would, each 10 ms. */
const RESOLUTION_MILLIS = 50
const NANOS_PER_SECOND = 1e9

/** What the conventions want to have of the delays since the last collection; in nanoseconds. */
const STATISTICS: readonly {
  readonly name: string
  readonly description: string
  readonly of: (delays: IntervalHistogram) => number
  /** Whether it is a point in time, which Node tells from the sample before on, and not from when this one was due. */
  readonly fromSampleBefore: boolean
  /** Where a reader gets what a thread has observed at times of its own: see `Descriptor` of metrics. */
  readonly ofPeriods: 'least' | 'most' | 'last'
}[] = [
  {
    name: 'min',
    description: 'Event loop minimum delay.',
    of: ({ min }) => min,
    fromSampleBefore: true,
    ofPeriods: 'least',
  },
  {
    name: 'max',
    description: 'Event loop maximum delay.',
    of: ({ max }) => max,
    fromSampleBefore: true,
    ofPeriods: 'most',
  },
  {
    name: 'mean',
    description: 'Event loop mean delay.',
    of: ({ mean }) => mean,
    fromSampleBefore: true,
    ofPeriods: 'last',
  },
  {
    name: 'stddev',
    description: 'Event loop standard deviation delay.',
    of: ({ stddev }) => stddev,
    fromSampleBefore: false,
    ofPeriods: 'last',
  },
  ...[50, 90, 99].map((percentile) => ({
    name: `p${percentile}`,
    description: `Event loop ${percentile} percentile delay.`,
    of: (delays: IntervalHistogram) => delays.percentile(percentile),
    fromSampleBefore: true,
    // Of all periods together it is not above the highest of theirs.
    ofPeriods: 'most' as const,
  })),
]

/** What one reader has been told, up to when. */
interface Watch {
  readonly delays: IntervalHistogram
  used: EventLoopUtilization
}

/** The delay and the use of this thread's event loop, since the last collection and in all. */
export function measureEventLoop(meter: AgentMeter): void {
  const { monitorEventLoopDelay, performance } = process.getBuiltinModule('node:perf_hooks')
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

  const newWatch = (): Watch => {
    const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MILLIS })
    delays.enable()
    return { delays, used: performance.eventLoopUtilization() }
  }
  const watches = new Map<object, Watch>()
  /** For the first reader to ask, which is the only one in most programs. */
  let first: Watch | undefined = newWatch()

  meter.observe((observe, reader) => {
    const watch = watches.get(reader) ?? first ?? newWatch()
    first = undefined
    watches.set(reader, watch)
    const { delays, used } = watch
    if (delays.count > 0) {
      for (const [i, { of, fromSampleBefore }] of STATISTICS.entries()) {
        const nanos = of(delays) - (fromSampleBefore ? RESOLUTION_MILLIS * 1e6 : 0)
        observe(gauges[i]!, Math.max(nanos, 0) / NANOS_PER_SECOND)
      }
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
