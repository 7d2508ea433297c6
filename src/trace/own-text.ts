/** Of `AUTOSPAN_TEXT_LENGTH_LIMIT`. */
let limit = 8192

/** From now on texts that the agent takes from requests, queries and errors are cut at this length. */
export function limitOwnTexts(characters: number): void {
  limit = characters
}

/**
 * A text that the agent puts on a span of its own accord, at most as long as the user wants it. What programs put there
 * themselves has the limits of the specification instead.
 */
export function ownText(text: string): string {
  return text.length > limit ? cutText(text, limit) : text
}

/** The first `length` characters; never cuts a surrogate pair in two, for half of one is not valid UTF-8. */
export function cutText(text: string, length: number): string {
  const code = length > 0 ? text.charCodeAt(length - 1) : 0
  return text.slice(0, code >= 0xd800 && code <= 0xdbff ? length - 1 : length)
}
