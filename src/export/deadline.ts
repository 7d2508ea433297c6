import { clearImmediate, clearTimeout, setImmediate, setTimeout } from '../context/timers.js'
import { now } from '../trace/clock.js'

/** A timer that fires this late shows that the process itself stood still: stopped, frozen, or busy. */
export const LATE_MILLIS = 250
/** What is then added, for an answer may lie in the socket, read after the timers have run. */
export const GRACE_MILLIS = 1000
/** The longest delay that Node's timers take. */
const MAX_DELAY_MILLIS = 2 ** 31 - 1

/**
 * Calls `expire` once after `millis` (`Infinity`: never), and after the sockets have been read, for what was waited for may
 * lie in one: timers come first. A process that was stopped and continued meanwhile gets up to a second more, rather than
 * a timeout that nobody but itself has caused. Keeps the process alive if `holds` says so. Returns the function that calls
 * it off.
 */
export function startDeadline(millis: number, holds: boolean, expire: () => void): () => void {
  let timer: NodeJS.Timeout | undefined
  let immediate: NodeJS.Immediate | undefined
  const arm = (delay: number, fire: () => void) => {
    timer = setTimeout(fire, Math.min(delay, MAX_DELAY_MILLIS))
    if (!holds) timer.unref()
  }
  const expireAfterReading = () => {
    // It holds the process in any case: with none that does, the turn waits for the next event, however long that takes.
    immediate = setImmediate(expire)
  }
  const due = now() + millis
  arm(millis, () => {
    const late = now() - due
    if (late > LATE_MILLIS) arm(Math.min(millis, GRACE_MILLIS), expireAfterReading)
    else if (millis !== Number.POSITIVE_INFINITY) expireAfterReading()
  })
  return () => {
    clearTimeout(timer)
    clearImmediate(immediate)
  }
}
