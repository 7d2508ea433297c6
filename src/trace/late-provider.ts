/**
 * What programs ask of the provider of the API, which they take for that of their own SDK: to deliver what it has.
 */
export class LateProvider {
  readonly #deliver: () => Promise<void>

  /** `deliver` brings out what waits of the provider's signal. It never rejects. */
  constructor(deliver: () => Promise<void>) {
    this.#deliver = deliver
  }

  forceFlush(): Promise<void> {
    return this.#deliver()
  }

  /** Of the program's SDK: the agent goes on until the process ends. */
  shutdown(): Promise<void> {
    return this.#deliver()
  }
}
