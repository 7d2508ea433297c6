/** Takes the records of one signal. Never throws. */
export interface Processor<Data> {
  onEnd(record: Data): void
}

/** Hands every record to each of `processors`, in order; one of them is returned as it is. */
export function fanOut<Data>(processors: readonly Processor<Data>[]): Processor<Data> {
  if (processors.length === 1) return processors[0]!
  return {
    onEnd(record) {
      for (const processor of processors) processor.onEnd(record)
    },
  }
}
