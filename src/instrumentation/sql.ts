import { SqlLexer } from './sql-lexer.js'
import { QuerySummary } from './sql-summary.js'

/** What a statement is read up to, in UTF-16 code units: one of megabytes costs no more than one of this length. */
export const MAX_QUERY_LENGTH = 8192
/** Longer statements are not kept in a cache, so that its size in bytes is bounded too. */
export const MAX_CACHED_LENGTH = 4096

/** The longest keyword that matters here is CONCURRENTLY. */
const MAX_KEYWORD_LENGTH = 12

export interface QueryDescription {
  /** `db.query.text` of a query that was sent without values: no literal and no comment is left in it. */
  readonly text: string
  /** `db.query.text` of a query that was sent with values: as is, or its beginning up to the end of a token. */
  readonly verbatim: string
  /** `db.query.summary`; undefined when the text holds no operation that is known. */
  readonly summary: string | undefined
  /** `db.stored_procedure.name`: what the first CALL names. */
  readonly storedProcedure: string | undefined
  /** Whether the text refers to values that are sent beside it (`$1`). */
  readonly parameterised: boolean
}

/**
 * Describes the SQL of a query for a span, as SC db/database-spans.md asks ("Sanitization of db.query.text",
 * "Generating a summary of the query"). PostgreSQL's syntax; never throws; linear in the first
 * `MAX_QUERY_LENGTH` code units, and not dependent on what is behind them.
 *
 * In `text`, every literal is a `?`: strings of all forms, numbers with their sign, TRUE and FALSE (the
 * conventions name booleans among the literals), what SET sets, and a password that lacks its quotes. Comments are
 * gone. `IN` lists, arrays and equal rows of VALUES are collapsed to one element. NULL, placeholders, names,
 * quoted ones too, and white space between tokens stay. A text that is cut ends after a token.
 */
export function describeQuery(query: string): QueryDescription {
  if (typeof query !== 'string') return NOTHING
  const cut = query.length > MAX_QUERY_LENGTH
  const sql = cut ? detached(query.slice(0, MAX_QUERY_LENGTH)) : query
  const lexer = new SqlLexer(sql, cut)
  const text = new SanitisedText(sql)
  const summary = new QuerySummary()
  let whole = 0
  let parameterised = false
  for (let kind = lexer.next(); kind !== 'end'; kind = lexer.next()) {
    const { start, end } = lexer
    if (lexer.closed) whole = end
    switch (kind) {
      case 'word': {
        const word = sql.slice(start, end)
        const keyword = lexer.plain && word.length <= MAX_KEYWORD_LENGTH ? word.toUpperCase() : ''
        if (keyword === 'TRUE' || keyword === 'FALSE') {
          summary.value()
          text.literal(start, end)
        } else if (summary.word(word, keyword)) {
          text.literal(start, end)
        } else {
          text.word(keyword)
        }
        break
      }
      case 'literal':
        summary.value()
        text.literal(start, end)
        break
      case 'placeholder':
        parameterised = true
        summary.value()
        text.word('')
        break
      case 'mark': {
        const mark = sql.slice(start, end)
        summary.mark(mark)
        text.mark(mark, start, end)
        break
      }
      case 'comment':
        text.comment(start, end)
    }
  }
  return {
    text: text.finish(lexer.end, cut),
    verbatim: cut ? sql.slice(0, whole) : query,
    summary: summary.finish(),
    storedProcedure: summary.storedProcedure,
    parameterised,
  }
}

const NOTHING: QueryDescription = {
  text: '',
  verbatim: '',
  summary: undefined,
  storedProcedure: undefined,
  parameterised: false,
}

/**
 * `describeQuery` that remembers the queries it was asked last, so that a repeated one costs one Map lookup.
 * It keeps at most `maxEntries` (at least 2) queries of at most `MAX_CACHED_LENGTH` code units, and nothing of
 * the longer strings that those may be parts of.
 */
export function createQueryCache(maxEntries: number): (query: string) => QueryDescription {
  // Two generations stand for an order of use: what is used moves to the young one, and the old one goes as a whole.
  const generation = Math.max(1, Math.floor(maxEntries / 2))
  let young = new Map<string, QueryDescription>()
  let old = young

  function remember(query: string, description: QueryDescription): QueryDescription {
    if (young.size >= generation) {
      old = young
      young = new Map()
    }
    young.set(query, description)
    return description
  }

  return (query) => {
    // Before the lookup, which would read a long string from end to end.
    if (typeof query !== 'string' || query.length > MAX_CACHED_LENGTH) return describeQuery(query)
    const known = young.get(query)
    if (known !== undefined) return known
    const aged = old.get(query)
    if (aged !== undefined) return remember(aged.verbatim, aged)
    const own = detached(query)
    return remember(own, describeQuery(own))
  }
}

/** The text of a query without its literals and comments, put together from the pieces between them. */
class SanitisedText {
  readonly #sql: string
  readonly #parts: string[] = []
  /** Up to where the query is in the parts, or has been left out of them. */
  #copied = 0
  /** The last keyword, if nothing but white space has followed it. */
  #previous = ''

  /** Whether the literals of a parenthesis or bracket are elements of a list, for each that is open. */
  readonly #lists: boolean[] = []
  /** What has come since the last literal, but for white space. */
  #since: 'nothing' | 'comma' | 'more' = 'more'

  /** At which depth there are rows, those of VALUES or of IN; -1 if nowhere. */
  #rowsDepth = -1
  #rowStart = -1
  #lastRow: string | undefined = undefined
  #lastRowEnd = 0

  constructor(sql: string) {
    this.#sql = sql
  }

  literal(start: number, end: number): void {
    if (this.#since === 'comma' && this.#lists.at(-1) === true) {
      this.#copied = end
    } else {
      this.#copyTo(start)
      this.#parts.push('?')
      this.#copied = end
    }
    this.#since = 'nothing'
    this.#previous = ''
    this.#leaveRows()
  }

  word(keyword: string): void {
    this.#since = 'more'
    this.#previous = keyword
    this.#leaveRows()
    if (keyword === 'VALUES' && this.#rowsDepth < 0) this.#enterRows()
  }

  mark(mark: string, start: number, end: number): void {
    const previous = this.#previous
    this.#previous = ''
    switch (mark) {
      case ',':
        this.#since = this.#since === 'nothing' ? 'comma' : 'more'
        return
      case '(':
        this.#open(previous === 'IN', start)
        if (previous === 'IN' && this.#rowsDepth < 0) this.#enterRows()
        break
      case '[':
        this.#open(previous === 'ARRAY' || this.#lists.at(-1) === true, start)
        break
      case ')':
      case ']':
        this.#close(end)
        break
      case ';':
        this.#rowsDepth = -1
        break
      default:
        this.#leaveRows()
    }
    this.#since = 'more'
  }

  comment(start: number, end: number): void {
    this.#copyTo(start)
    this.#copied = end
    this.#since = 'more'
    if (!isBlank(this.#sql[start - 1]) && !isBlank(this.#sql[end])) this.#parts.push(' ')
  }

  /** @param cut leaves out a list's dangling comma and a row that is not whole, so that equal queries stay equal. */
  finish(end: number, cut: boolean): string {
    if (cut && this.#rowsDepth >= 0 && this.#lastRow !== undefined) this.#parts.length = this.#lastRowEnd
    else if (!cut || this.#since !== 'comma') this.#copyTo(end)
    return this.#parts.join('').trim()
  }

  #copyTo(end: number): void {
    if (end > this.#copied) this.#parts.push(this.#sql.slice(this.#copied, end))
    this.#copied = end
  }

  #open(list: boolean, start: number): void {
    if (this.#lists.length === this.#rowsDepth) {
      this.#copyTo(start)
      this.#rowStart = this.#parts.length
    }
    this.#lists.push(list)
  }

  #close(end: number): void {
    if (this.#lists.pop() === undefined) return
    const depth = this.#lists.length
    if (depth < this.#rowsDepth) this.#rowsDepth = -1
    if (depth !== this.#rowsDepth) return
    this.#copyTo(end)
    const row = this.#parts.slice(this.#rowStart).join('')
    if (row === this.#lastRow) this.#parts.length = this.#lastRowEnd
    this.#lastRow = row
    this.#lastRowEnd = this.#parts.length
  }

  #enterRows(): void {
    this.#rowsDepth = this.#lists.length
    this.#lastRow = undefined
  }

  /** Something that is no row stands among the rows, and no comma before it. */
  #leaveRows(): void {
    if (this.#lists.length === this.#rowsDepth) this.#rowsDepth = -1
  }
}

function isBlank(char: string | undefined): boolean {
  return char === undefined || char.trim() === ''
}

/** A copy with characters of its own: a part of a string keeps all of the string alive. */
function detached(text: string): string {
  return ` ${text}`.slice(1)
}
