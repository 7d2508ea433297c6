/** Edits that still make a slip of the hand: a character changed, added or left out, or two neighbours swapped. */
const MAX_EDITS = 2

/**
 * The candidates that `name` is most likely a misspelling of: all those with the smallest distance, in their order.
 * Empty when none is within two edits. Two must be less than half of the longer name, or `on` would mean `none`.
 */
export function nearest(name: string, candidates: Iterable<string>): string[] {
  let found: string[] = []
  let least = MAX_EDITS
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - name.length) > least) continue
    const edits = distance(name, candidate)
    if (edits > least || (edits > 1 && edits * 2 >= Math.max(name.length, candidate.length))) continue
    if (edits < least) found = []
    least = edits
    found.push(candidate)
  }
  return found
}

/** ` (did you mean otlp?)`, to follow the misspelt name; empty where nothing is near. */
export function didYouMean(suggestions: readonly string[]): string {
  return suggestions.length === 0 ? '' : ` (did you mean ${suggestions.join(' or ')}?)`
}

/** Optimal string alignment: the Levenshtein distance where a swap of neighbours is one edit. */
function distance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      let edits = Math.min(change, last[j]! + 1, row[j - 1]! + 1)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        edits = Math.min(edits, beforeLast[j - 2]! + 1)
      }
      row.push(edits)
    }
    beforeLast = last
    last = row
  }
  return last[b.length]!
}
