import type { Instrumentation } from '../../src/instrumentation/instrumentation.js'
import { measureEventLoop } from './event-loop.js'
import { measureMemory } from './memory.js'
import { measureProcess } from './process.js'

/**
 * Node.js itself, by the conventions for runtimes and processes (runtime/nodejs-metrics.md, runtime/v8js-metrics.md,
 * system/process-metrics.md). A worker thread has an event loop and a heap of its own, and tells of these; of what the
 * process has once the main thread tells, so that nothing is counted twice.
 */
export const runtimeNode: Instrumentation = {
  name: 'runtime-node',
  about: 'event loop, garbage collection and heap of each thread; CPU, memory and uptime of the process',
  measure: (kit) => {
    const meter = kit.meter()
    measureEventLoop(kit)
    measureMemory(meter, kit.place('garbage collection'))
    if (process.getBuiltinModule('node:worker_threads').isMainThread) measureProcess(meter)
  },
}
