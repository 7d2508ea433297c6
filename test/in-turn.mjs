import { availableParallelism } from 'node:os'

/** Works on as many of the items at a time as there are processors. */
export async function inTurn(items, work) {
  const left = [...items]
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: availableParallelism() }, worker))
}
