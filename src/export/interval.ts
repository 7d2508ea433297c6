import { runOutside } from '../context/manager.js'
import { setInterval } from '../context/timers.js'
import { diag } from '../diag/diag.js'

/**
 * Does something again and again, as long as the process lives for other reasons; not before the last time has ended.
 * What it throws is told and changes nothing.
 */
export function repeatEvery(millis: number, work: () => Promise<void>): void {
  let isBusy = false
  const tick = async () => {
    if (isBusy) return
    isBusy = true
    try {
      await work()
    } catch (error) {
      diag.fault('the export of metrics', error)
    }
    isBusy = false
  }
  // Outside the program's context, which the timer would keep in memory.
  runOutside(setInterval<[]>, undefined, () => void tick(), millis).unref()
}
