import { after } from 'node:test'

/** Who ends what a test has started: the `t` of a test, or `file`. */
export interface Owner {
  after(end: () => Promise<void>): void
}

/** The owner of what all tests of a file share: it ends with the last of them. */
export const file: Owner = {
  after: (end) =>
    after(async () => {
      try {
        await end()
      } catch (error) {
        // From Node 22 on, a hook of the file that fails is told and does not count.
        process.exitCode = 1
        throw error
      }
    }),
}

const ends = new WeakMap<Owner, (() => Promise<void>)[]>()

/** Has the owner end something, the latest first. Each end runs, also after one that failed; then the owner fails. */
export function atEnd(owner: Owner, end: () => Promise<void>): void {
  const known = ends.get(owner)
  if (known !== undefined) {
    known.unshift(end)
    return
  }
  const own = [end]
  ends.set(owner, own)
  // One hook for all: node:test leaves out the hooks that come after one that fails.
  owner.after(() => endAll(own))
}

/** Runs a task that owns what it starts. */
export async function owning<T>(task: (owner: Owner) => Promise<T>): Promise<T> {
  let end: () => Promise<void> = async () => {}
  const owner: Owner = {
    after: (all) => {
      end = all
    },
  }
  try {
    return await task(owner)
  } finally {
    await end()
  }
}

async function endAll(own: readonly (() => Promise<void>)[]): Promise<void> {
  const errors: unknown[] = []
  for (const end of own) {
    try {
      await end()
    } catch (error) {
      errors.push(error)
    }
  }
  if (errors.length === 1) throw errors[0]
  if (errors.length > 1) throw new AggregateError(errors, errors.map(String).join('\n'))
}
