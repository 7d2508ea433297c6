// Whether the spans of a run have arrived: a run that lacks some does not count.
import { ask } from './children.mjs'

/** Longer than the default delay of batches in all agents, 5 s. */
const DRAIN_MILLIS = 12_000
const QUIET_MILLIS = 6_500
/** Spans that a program makes beside its requests, as a share of these. */
const MAX_SURPLUS = 0.002

/** What one run sends, from now on: a program or several, whose spans come to one inlet. */
export class Delivery {
  requests = 0
  spans = 0
  bytes = 0
  #bench
  #agent
  #spansEach
  #key
  #before
  #faults = []

  /** `spansEach`: of one request, where `agent` makes those that the conventions ask for. */
  static async begin(bench, key, agent, spansEach) {
    const delivery = new Delivery()
    delivery.#bench = bench
    delivery.#agent = agent
    delivery.#spansEach = spansEach
    delivery.#key = key
    const { port } = await bench.inlet(key, agent.port)
    delivery.#before = await ask(bench.sink, { count: key })
    delivery.endpoint = `http://127.0.0.1:${port}`
    return delivery
  }

  /** Waits until the spans of all requests are there, and where their number is not known, until no more come. */
  async settled(drainMillis = DRAIN_MILLIS) {
    const began = performance.now()
    const expected = this.#expected()
    let changedAt = began
    for (;;) {
      const { spans, bytes, faults } = await ask(this.#bench.sink, { count: this.#key })
      const now = performance.now()
      if (spans - this.#before.spans !== this.spans) changedAt = now
      this.spans = spans - this.#before.spans
      this.bytes = bytes - this.#before.bytes
      this.#faults = faults
      if (expected !== undefined && this.spans >= expected) break
      if (now - changedAt > QUIET_MILLIS || now - began > drainMillis + QUIET_MILLIS) break
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }

  get spansPerRequest() {
    return Math.round(this.spans / this.requests)
  }

  /** What is wrong, once it is settled; `said` is what the programs have written to stderr. */
  problems(said = []) {
    const problems = [...this.#faults]
    const expected = this.#expected() ?? this.spansPerRequest * this.requests
    const surplus = this.spans - expected
    if (surplus < 0) problems.push(`${-surplus} of ${expected} spans did not arrive`)
    if (surplus > MAX_SURPLUS * this.requests) problems.push(`${surplus} more spans than the ${expected} expected`)
    if (this.#expected() === undefined && this.spansPerRequest === 0) problems.push('no spans arrived')
    return problems.length === 0 ? problems : [...problems, ...said]
  }

  #expected() {
    if (this.#agent.expects === 'none') return 0
    return this.#agent.expects === 'spans' ? this.#spansEach * this.requests : undefined
  }
}
