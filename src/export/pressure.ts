/** A timer of the agent's that is so late shows that the turns of the event loop take long. */
export const LATE_LOOP_MILLIS = 500

/** Is told by an exporter what shows that there is too much to do. Neither throws. */
export interface Pressure {
  /** Records were dropped, for more wait than may. */
  overflowed(): void
  /** The timer of a batch was so late. */
  looked(lateMillis: number): void
}
