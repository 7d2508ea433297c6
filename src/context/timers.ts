import timers from 'node:timers'

/**
 * The timers as they were when the agent started. Tests replace those of node:timers, too, by ones that they let run as
 * they like; what waits for such a one may wait for ever.
 */
export const { clearImmediate, clearInterval, clearTimeout, setImmediate, setInterval, setTimeout } = timers
