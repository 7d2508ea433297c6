/**
 * A pattern in which `*` is any text, as an expression. What stands between two stars is looked for once, where it
 * comes first: were other places tried, texts that callers choose could take a time that grows with a power of their length.
 *
 * @param sourceOf the expression of what stands between stars; by default the text itself
 */
export function glob(pattern: string, flags: 's' | 'is', sourceOf: (text: string) => string = escaped): RegExp {
  const [first = '', ...others] = pattern.split(/\*+/).map(sourceOf)
  const last = others.pop()
  if (last === undefined) return new RegExp(`^${first}$`, flags)
  // A lookahead and what it found, again: the expressions of JavaScript have no other way to keep to a match.
  const middle = others.map((source, i) => `(?=(.*?${source}))\\${i + 1}`)
  return new RegExp(`^${first}${middle.join('')}.*${last}$`, flags)
}

/** The expression of a text that stands for itself. */
export function escaped(text: string): string {
  return text.replace(/[\\^$.|?+()[\]{}]/g, '\\$&')
}
