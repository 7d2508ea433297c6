import { startDeadline } from '../deadline.js'
import type { Answer, Failed } from './transport.js'

/** What becomes of one attempt: the first answer counts. */
export class Settlement {
  readonly promise: Promise<Answer>
  readonly #cancelDeadline: () => void
  #resolve: (answer: Answer) => void = () => {}
  #answer: Answer | undefined

  /** Calls `expire` where there is no answer after `timeoutMillis` (`Infinity`: never). */
  constructor(timeoutMillis: number, expire: () => void) {
    this.promise = new Promise((resolve) => {
      this.#resolve = resolve
    })
    this.#cancelDeadline = startDeadline(timeoutMillis, false, expire)
  }

  get answer(): Answer | undefined {
    return this.#answer
  }

  settle(answer: Answer): void {
    if (this.#answer !== undefined) return
    this.#cancelDeadline()
    this.#answer = answer
    this.#resolve(answer)
  }
}

/** An attempt that came to nothing; `reached` is false where nobody has seen the request. */
export function failure(
  reason: string,
  reached: boolean,
  more: Partial<Pick<Failed, 'waitMillis' | 'status' | 'obstacle'>> = {},
): Failed {
  return { kind: 'failed', reason, reached, waitMillis: undefined, ...more }
}
