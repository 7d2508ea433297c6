// The other end of `ask`: a process of the bench that answers questions of the runner.

/** `handle(question)` gives the answer; questions come one at a time. */
export function answer(handle) {
  process.on('disconnect', () => process.exit())
  process.on('message', async (question) => {
    try {
      process.send((await handle(question)) ?? {})
    } catch (error) {
      process.send({ error: error.stack })
    }
  })
}
