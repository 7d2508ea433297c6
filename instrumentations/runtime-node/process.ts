import type { AgentMeter } from '../../src/instrumentation/kit.js'

const MICROS_PER_SECOND = 1e6

/** What one reader has been told, up to when. */
interface Used {
  readonly cpu: NodeJS.CpuUsage
  /** `process.uptime()`. */
  readonly atSeconds: number
}

/** What the operating system tells of the process, for the main thread to tell. */
export function measureProcess(meter: AgentMeter): void {
  const { availableParallelism } = process.getBuiltinModule('node:os')
  const cpuTime = meter.createObservableCounter('process.cpu.time', {
    description: 'Total CPU seconds broken down by different states.',
    unit: 's',
  })
  const cpuUtilization = meter.createObservableGauge('process.cpu.utilization', {
    description:
      'Difference in process.cpu.time since the last measurement, divided by the elapsed time and number of CPUs available to the process.',
    unit: '1',
  })
  const memory = meter.createObservableUpDownCounter('process.memory.usage', {
    description: 'The amount of physical memory in use.',
    unit: 'By',
    valueType: 0,
  })
  const uptime = meter.createObservableGauge('process.uptime', {
    description: 'The time the process has been running.',
    unit: 's',
  })

  const start: Used = { cpu: process.cpuUsage(), atSeconds: process.uptime() }
  const told = new Map<object, Used>()
  meter.observe((observe, reader) => {
    const before = told.get(reader) ?? start
    const now: Used = { cpu: process.cpuUsage(), atSeconds: process.uptime() }
    told.set(reader, now)
    const available = (now.atSeconds - before.atSeconds) * MICROS_PER_SECOND * availableParallelism()
    for (const mode of ['user', 'system'] as const) {
      const attributes = { 'cpu.mode': mode }
      observe(cpuTime, now.cpu[mode] / MICROS_PER_SECOND, attributes)
      if (available > 0) observe(cpuUtilization, (now.cpu[mode] - before.cpu[mode]) / available, attributes)
    }
    observe(memory, process.memoryUsage.rss())
    observe(uptime, process.uptime())
  })
}
