import type { PerformanceEntry } from 'node:perf_hooks'
import { SECONDS } from '../../src/instrumentation/duration.js'
import { guard } from '../../src/instrumentation/guard.js'
import type { AgentMeter, Place } from '../../src/instrumentation/kit.js'

/** `v8js.gc.type` by V8's own numbers. The second of the minor ones has no name in Node.js. */
const GC_TYPES: Readonly<Record<number, string>> = {
  1: 'minor',
  2: 'minor',
  4: 'major',
  8: 'incremental',
  16: 'weakcb',
}

interface GarbageCollection extends PerformanceEntry {
  readonly detail: { readonly kind: number }
}

/** What V8 has of memory in this thread, how it gets it back, and what waits for the event loop. */
export function measureMemory(meter: AgentMeter, place: Place): void {
  measureGarbageCollection(meter, place)
  observeHeap(meter)
  observeResources(meter)
}

function measureGarbageCollection(meter: AgentMeter, place: Place): void {
  const { PerformanceObserver } = process.getBuiltinModule('node:perf_hooks')
  const histogram = meter.createHistogram('v8js.gc.duration', {
    description: 'Garbage collection duration.',
    unit: 's',
    advice: { explicitBucketBoundaries: [...SECONDS] },
    isBackground: true,
  })
  const series = new Map(
    Object.entries(GC_TYPES).map(([kind, type]) => [Number(kind), histogram.bind(['v8js.gc.type', type])]),
  )
  const record = guard(place, (list: { getEntries(): PerformanceEntry[] }) => {
    for (const { duration, detail } of list.getEntries() as GarbageCollection[])
      series.get(detail.kind)?.record(duration / 1000, 0, undefined)
  })
  new PerformanceObserver(record).observe({ entryTypes: ['gc'] })
}

function observeHeap(meter: AgentMeter): void {
  const { getHeapSpaceStatistics } = process.getBuiltinModule('node:v8')
  const create = (name: string, description: string) =>
    meter.createObservableUpDownCounter(`v8js.memory.heap.${name}`, { description, unit: 'By', valueType: 0 })
  const size = create('space.size', 'Total heap memory size pre-allocated.')
  const used = create('used', 'Heap Memory size allocated.')
  const available = create('space.available_size', 'Heap space available size.')
  const physical = create('space.physical_size', 'Committed size of a heap space.')
  /** Some spaces have nothing in them as long as most programs live. */
  const seen = new Set<string>()
  meter.observe((observe) => {
    for (const space of getHeapSpaceStatistics()) {
      if (space.space_size > 0) seen.add(space.space_name)
      if (!seen.has(space.space_name)) continue
      const attributes = { 'v8js.heap.space.name': space.space_name }
      observe(size, space.space_size, attributes)
      observe(used, space.space_used_size, attributes)
      observe(available, space.space_available_size, attributes)
      observe(physical, space.physical_space_size, attributes)
    }
  })
}

function observeResources(meter: AgentMeter): void {
  const active = meter.createObservableGauge('v8js.resource.active', {
    description: 'Number of active resources that keep the event loop alive.',
    unit: '{resource}',
    valueType: 0,
  })
  meter.observe((observe) => {
    const counts = new Map<string, number>()
    for (const type of process.getActiveResourcesInfo()) counts.set(type, (counts.get(type) ?? 0) + 1)
    for (const [type, count] of counts) observe(active, count, { 'v8js.resource.type': type })
  })
}
