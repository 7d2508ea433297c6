import type { Place } from './kit.js'

/**
 * Work of the agent's, safe to call in the midst of a library's own: what it throws is told to the
 * place, and nothing is done while that is switched off.
 */
export function guard<Args extends unknown[]>(place: Place, work: (...args: Args) => void): (...args: Args) => void {
  return (...args) => {
    if (!place.on) return
    try {
      work(...args)
    } catch (error) {
      place.failed(error)
    }
  }
}
