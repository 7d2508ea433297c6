/**
 * Writes on the program's standard error, for stdout is the program's. Where nobody reads it any more the text is lost: an
 * error of the stream that nobody hears ends the program.
 */
export function writeToStderr(text: string): void {
  const { stderr } = process
  // Called before the error is emitted; so does Node's console.
  stderr.write(text, (error) => {
    if (error && stderr.listenerCount('error') === 0) stderr.once('error', () => {})
  })
}
