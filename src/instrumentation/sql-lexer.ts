/**
 * What a token is. A `word` is a name with its qualifiers (`public."Order Lines"`) or a keyword; a `literal` is
 * a value, or a `?`; a `placeholder` is `$1`; a `mark` is an operator character, punctuation or `::`.
 */
export type TokenKind = 'end' | 'space' | 'comment' | 'word' | 'literal' | 'placeholder' | 'mark'

/**
 * Splits a statement into tokens as PostgreSQL does (its manual, "Lexical Structure"), in one pass and in
 * linear time. It never throws: every text is a sequence of tokens.
 *
 * Where the text leaves open what is a value, the reading that shows less is taken. A quote that is never
 * closed makes a literal of all that follows. So does a backslash before a closing quote (`'C:\'`): with
 * `standard_conforming_strings` off, and on Redshift, the string goes on there, and nothing in the text tells
 * which holds. `ESCAPE '\'` is no such case, as only one reading of it is a statement.
 */
export class SqlLexer {
  start = 0
  end = 0
  /** Whether the word is a single unquoted name, and so may be a keyword. */
  plain = false
  /** Whether the end of the token is known: not so for a literal or comment that runs to the end of the text. */
  closed = true

  readonly #sql: string
  readonly #cut: boolean
  /** Whether the last token was an operand, so that a sign directly after it is an operator. */
  #operand = false
  #afterEscape = false

  /** @param cut says that `sql` is the beginning of a longer text: a name at its very end is then left out. */
  constructor(sql: string, cut = false) {
    this.#sql = sql
    this.#cut = cut
  }

  /** Moves to the next token; at `end`, `this.end` stays where the last token ended. */
  next(): TokenKind {
    const sql = this.#sql
    const start = this.end
    if (start >= sql.length) return 'end'
    const code = sql.charCodeAt(start)
    const following = sql.charCodeAt(start + 1)
    if (isSpace(code)) return this.#found('space', this.#spaceEnd(start + 1))
    if (isNameStart(code) || code === DOUBLE_QUOTE) return this.#nameOrString(start, code, following)
    if (isDigit(code)) return this.#number(start)
    switch (code) {
      case QUOTE:
        return this.#delimited('literal', this.#plainStringEnd(start + 1))
      case DOLLAR:
        return this.#dollar(start, following)
      case QUESTION_MARK:
        return this.#found('literal', start + 1)
      case PLUS:
      case MINUS:
        if (code === MINUS && following === MINUS) return this.#delimited('comment', this.#lineEnd(start + 2))
        if (!this.#operand && this.#startsNumber(start + 1)) return this.#number(start + 1)
        break
      case DOT:
        if (isDigit(following)) return this.#number(start)
        break
      case SLASH:
        if (following === ASTERISK) return this.#delimited('comment', this.#blockCommentEnd(start + 2))
        break
      case COLON:
        if (following === COLON) return this.#found('mark', start + 2)
    }
    this.#found('mark', start + 1)
    this.#operand = code === CLOSE_PAREN || code === CLOSE_BRACKET
    return 'mark'
  }

  #found(kind: TokenKind, end: number): TokenKind {
    this.start = this.end
    this.end = end
    this.closed = true
    this.#operand = kind === 'word' || kind === 'placeholder'
    if (kind !== 'space' && kind !== 'comment') this.#afterEscape = false
    return kind
  }

  /** @param end is negative when the token runs to the end of the text. */
  #delimited(kind: 'literal' | 'comment', end: number): TokenKind {
    this.#found(kind, end < 0 ? this.#sql.length : end)
    this.closed = end >= 0
    return kind
  }

  #number(from: number): TokenKind {
    const end = this.#numberEnd(from)
    return this.#delimited('literal', this.#cut && end >= this.#sql.length ? -1 : end)
  }

  #nameOrString(start: number, code: number, following: number): TokenKind {
    if (following === QUOTE) {
      if (code === LOWER_E || code === UPPER_E) return this.#delimited('literal', this.#escapedStringEnd(start + 2))
      if (isStringPrefix(code)) return this.#delimited('literal', this.#plainStringEnd(start + 2))
    }
    if (following === AMPERSAND && (code === LOWER_U || code === UPPER_U)) {
      const quote = this.#sql.charCodeAt(start + 2)
      if (quote === QUOTE) return this.#delimited('literal', this.#plainStringEnd(start + 3))
      if (quote === DOUBLE_QUOTE) return this.#word(start + 2)
    }
    return this.#word(start)
  }

  /** A name and the names that it qualifies: `a."b".c`. */
  #word(from: number): TokenKind {
    const sql = this.#sql
    let plain = from === this.end
    let pos = from
    for (;;) {
      if (sql.charCodeAt(pos) === DOUBLE_QUOTE) {
        plain = false
        pos = this.#quotedNameEnd(pos + 1)
        if (pos < 0) return this.#delimited('literal', -1)
      } else {
        pos = this.#nameEnd(pos + 1)
      }
      if (sql.charCodeAt(pos) !== DOT) break
      const next = sql.charCodeAt(pos + 1)
      if (!isNameStart(next) && next !== DOUBLE_QUOTE) break
      plain = false
      pos++
    }
    // One character more than the name's: at the cut, `schema.` is not known to be whole either.
    if (this.#cut && pos >= sql.length - 1) return 'end'
    this.#found('word', pos)
    this.plain = plain
    this.#afterEscape = plain && pos - this.start === 6 && sql.slice(this.start, pos).toUpperCase() === 'ESCAPE'
    return 'word'
  }

  #dollar(start: number, following: number): TokenKind {
    const sql = this.#sql
    if (isDigit(following)) {
      let end = start + 2
      while (isDigit(sql.charCodeAt(end))) end++
      if (this.#cut && end >= sql.length) return 'end'
      // PostgreSQL has at most 65535 parameters: more digits are an amount of money that lacks its quotes.
      return this.#found(end - start > 6 ? 'literal' : 'placeholder', end)
    }
    let tagEnd = start + 1
    if (isNameStart(following)) {
      tagEnd++
      while (isNamePart(sql.charCodeAt(tagEnd)) && sql.charCodeAt(tagEnd) !== DOLLAR) tagEnd++
    }
    if (this.#cut && tagEnd >= sql.length) return 'end'
    if (sql.charCodeAt(tagEnd) !== DOLLAR) return this.#found('mark', start + 1)
    return this.#delimited('literal', this.#dollarQuoteEnd(start, tagEnd + 1))
  }

  #startsNumber(pos: number): boolean {
    const code = this.#sql.charCodeAt(pos)
    return isDigit(code) || (code === DOT && isDigit(this.#sql.charCodeAt(pos + 1)))
  }

  /** Takes what adheres to the digits too: `0xFF`, `1_000`, `1e-9`, and what is no number, as an unquoted UUID. */
  #numberEnd(pos: number): number {
    const sql = this.#sql
    let last = 0
    for (let end = pos; ; end++) {
      const code = sql.charCodeAt(end)
      const belongs =
        code === DOT ||
        (isNamePart(code) && code !== DOLLAR) ||
        ((code === MINUS || code === PLUS) &&
          (last === LOWER_E || last === UPPER_E) &&
          isDigit(sql.charCodeAt(end + 1)))
      if (!belongs) return end
      last = code
    }
  }

  #plainStringEnd(from: number): number {
    const sql = this.#sql
    let escaped = false
    for (let pos = from; pos < sql.length; pos++) {
      const code = sql.charCodeAt(pos)
      if (code === QUOTE) {
        const doubled = sql.charCodeAt(pos + 1) === QUOTE
        if (escaped && !(this.#afterEscape && pos === from + 1 && !doubled)) return -1
        if (!doubled) return pos + 1
        pos++
      }
      escaped = code === BACKSLASH && !escaped
    }
    return -1
  }

  #escapedStringEnd(from: number): number {
    const sql = this.#sql
    for (let pos = from; pos < sql.length; pos++) {
      const code = sql.charCodeAt(pos)
      if (code === BACKSLASH) pos++
      else if (code === QUOTE) {
        if (sql.charCodeAt(pos + 1) !== QUOTE) return pos + 1
        pos++
      }
    }
    return -1
  }

  /** @param from is where the text between the two tags begins; the tag is what stands from `start` to there. */
  #dollarQuoteEnd(start: number, from: number): number {
    const sql = this.#sql
    const tagLength = from - start
    for (let pos = from; pos < sql.length; ) {
      if (sql.charCodeAt(pos) !== DOLLAR) {
        pos++
        continue
      }
      let same = 1
      while (same < tagLength && sql.charCodeAt(pos + same) === sql.charCodeAt(start + same)) same++
      if (same === tagLength) return pos + tagLength
      // No tag has a `$` inside, so what was the same so far cannot begin the closing tag.
      pos += same
    }
    return -1
  }

  #quotedNameEnd(from: number): number {
    const sql = this.#sql
    for (let pos = from; pos < sql.length; pos++) {
      if (sql.charCodeAt(pos) !== DOUBLE_QUOTE) continue
      if (sql.charCodeAt(pos + 1) !== DOUBLE_QUOTE) return pos + 1
      pos++
    }
    return -1
  }

  #nameEnd(pos: number): number {
    while (isNamePart(this.#sql.charCodeAt(pos))) pos++
    return pos
  }

  #spaceEnd(pos: number): number {
    while (isSpace(this.#sql.charCodeAt(pos))) pos++
    return pos
  }

  #lineEnd(from: number): number {
    const sql = this.#sql
    for (let pos = from; pos < sql.length; pos++) {
      const code = sql.charCodeAt(pos)
      if (code === NEWLINE || code === CARRIAGE_RETURN) return pos
    }
    return -1
  }

  /** Block comments nest. */
  #blockCommentEnd(from: number): number {
    const sql = this.#sql
    let depth = 1
    for (let pos = from; pos < sql.length; pos++) {
      const code = sql.charCodeAt(pos)
      if (code === ASTERISK && sql.charCodeAt(pos + 1) === SLASH) {
        pos++
        if (--depth === 0) return pos + 1
      } else if (code === SLASH && sql.charCodeAt(pos + 1) === ASTERISK) {
        pos++
        depth++
      }
    }
    return -1
  }
}

const NEWLINE = 0x0a
const CARRIAGE_RETURN = 0x0d
const DOUBLE_QUOTE = 0x22
const DOLLAR = 0x24
const AMPERSAND = 0x26
const QUOTE = 0x27
const CLOSE_PAREN = 0x29
const ASTERISK = 0x2a
const PLUS = 0x2b
const MINUS = 0x2d
const DOT = 0x2e
const SLASH = 0x2f
const COLON = 0x3a
const QUESTION_MARK = 0x3f
const UPPER_E = 0x45
const UPPER_U = 0x55
const BACKSLASH = 0x5c
const CLOSE_BRACKET = 0x5d
const LOWER_E = 0x65
const LOWER_U = 0x75

const SPACE_CLASS = 1
const DIGIT_CLASS = 2
const NAME_START_CLASS = 4
const NAME_PART_CLASS = 8

const CLASSES = new Uint8Array(128)
for (const char of ' \t\n\r\f\v') CLASSES[char.charCodeAt(0)] = SPACE_CLASS
for (const char of '0123456789') CLASSES[char.charCodeAt(0)] = DIGIT_CLASS | NAME_PART_CLASS
for (const char of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_') {
  CLASSES[char.charCodeAt(0)] = NAME_START_CLASS | NAME_PART_CLASS
}
CLASSES[DOLLAR] = NAME_PART_CLASS

// Past the end of a text, charCodeAt gives NaN, which belongs to no class.
function isSpace(code: number): boolean {
  return (CLASSES[code]! & SPACE_CLASS) !== 0
}

function isDigit(code: number): boolean {
  return (CLASSES[code]! & DIGIT_CLASS) !== 0
}

/** Every character beyond ASCII may be in a name, as in PostgreSQL. */
function isNameStart(code: number): boolean {
  return code >= 0x80 || (CLASSES[code]! & NAME_START_CLASS) !== 0
}

function isNamePart(code: number): boolean {
  return code >= 0x80 || (CLASSES[code]! & NAME_PART_CLASS) !== 0
}

/** `b'..'`, `x'..'` and `n'..'`, in either case. */
function isStringPrefix(code: number): boolean {
  const lower = code | 0x20
  return lower === 0x62 || lower === 0x78 || lower === 0x6e
}
