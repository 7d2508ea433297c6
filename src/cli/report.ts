/** What the doctor has found: sections of lines, of which the problems are counted. */
export class Report {
  problems = 0
  readonly #write: (text: string) => void

  constructor(write: (text: string) => void) {
    this.#write = write
  }

  section(title: string): void {
    this.#write(`\n${title}\n`)
  }

  fine(text: string): void {
    this.#write(`  ✓ ${text}\n`)
  }

  /** @param advice what to do about it */
  problem(text: string, advice?: string): void {
    this.problems++
    this.#write(`  ✗ ${text}\n`)
    if (advice !== undefined) this.#write(`    → ${advice}\n`)
  }

  note(text: string): void {
    this.#write(`  · ${text}\n`)
  }

  verdict(): void {
    const count = `${this.problems} ${this.problems === 1 ? 'problem' : 'problems'}`
    this.#write(`\n${this.problems === 0 ? 'No problem found.' : `${count} found: look for ✗ above.`}\n`)
  }
}
