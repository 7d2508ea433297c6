/** Whether the text of queries is told, as `AUTOSPAN_DB_QUERY_TEXT` has it. */
let isShown = true

/** From now on spans have no text of queries. */
export function hideQueryTexts(): void {
  isShown = false
}

export function showsQueryTexts(): boolean {
  return isShown
}
