/** SC db/database-spans.md: "SHOULD truncate the summary to 255 characters". */
const MAX_LENGTH = 255

/**
 * Builds `db.query.summary` from the tokens of a statement: its operations and their targets, in order and as
 * written, cut between two of them at 255 characters. SC db/database-spans.md#generating-a-summary-of-the-query.
 *
 * Targets are tables, the functions in a FROM clause, what DDL names, and what a command such as CALL, SET or
 * LISTEN names. Names of common table expressions are none, as they exist in the statement only; nor are those of
 * users, savepoints and cursors. Of equal statements in a row the first stands for all.
 */
export class QuerySummary {
  /** The procedure of the first CALL. */
  storedProcedure: string | undefined = undefined

  readonly #pieces: string[] = []
  #length = 0
  #full = false
  /** Where in the pieces the current statement begins, and the one before it. */
  #statement = 0
  #before = 0

  /** The frames around the current one: each parenthesis or bracket opens a frame. */
  readonly #outer: Frame[] = []
  #frame = newFrame()
  /** Whether an operation may begin here. */
  #starts = true
  /** Whether SELECT is but a word here: a privilege in GRANT, an event in CREATE RULE. */
  #opaque = false
  #previous = ''
  #opened = false
  /** Whether PASSWORD introduces a secret. */
  #account = false
  /** Whether all that follows is what a setting is set to. */
  #setting = false
  #commonTables: Set<string> | undefined = undefined

  /**
   * @param keyword is the word in upper case when it may be a keyword, else ''.
   * @returns true when the word is a value: what a setting is set to, or a password that lacks its quotes.
   */
  word(text: string, keyword: string): boolean {
    const starts = this.#starts
    const opened = this.#opened
    const previous = this.#previous
    this.#advance(keyword)
    if (this.#setting || (this.#account && previous === 'PASSWORD' && keyword !== 'NULL')) return true
    if (this.#begins(text, keyword, starts, opened) || this.#isClause(keyword, previous)) return false
    this.#name(text, keyword)
    return false
  }

  /** A literal or a placeholder. */
  value(): void {
    this.#advance('')
    this.#passTarget()
  }

  mark(mark: string): void {
    this.#advance('')
    const frame = this.#frame
    switch (mark) {
      case ';':
        this.#endStatement()
        break
      case ',':
        if (frame.expects === 'comma') frame.expects = 'target'
        else if (frame.expects === 'cteComma') frame.expects = 'cte'
        break
      case '(':
      case '[':
        this.#open()
        break
      case ')':
      case ']':
        this.#close()
        break
      case '=':
        this.#setting ||= frame.operation === 'SET'
        break
      default:
        this.#passTarget()
    }
  }

  /** @returns undefined when the text holds no operation that is known. */
  finish(): string | undefined {
    this.#endStatement()
    return this.#pieces.length > 0 ? this.#pieces.join(' ') : undefined
  }

  #advance(keyword: string): void {
    this.#starts = false
    this.#opened = false
    this.#previous = keyword
  }

  #begins(text: string, keyword: string, starts: boolean, opened: boolean): boolean {
    const frame = this.#frame
    if (keyword === 'WITH' && (starts || opened || frame.operation === 'INSERT')) {
      frame.expects = 'cte'
      return true
    }
    if (starts && frame.operation === 'EXPLAIN' && (keyword === 'ANALYZE' || keyword === 'VERBOSE')) {
      this.#starts = true
      return true
    }
    if (!starts && (keyword !== 'SELECT' || this.#opaque)) return false
    const operation = OPERATIONS.get(keyword)
    if (operation === undefined) return false
    this.#push(text)
    frame.operation = keyword
    frame.expects = operation.expects
    frame.many = operation.many
    frame.noise = operation.noise
    this.#opaque = operation.opaque
    this.#starts = keyword === 'EXPLAIN'
    return true
  }

  #isClause(keyword: string, previous: string): boolean {
    const frame = this.#frame
    switch (keyword) {
      case 'FROM':
        // EXTRACT(day FROM a) has a frame of its own; `a IS DISTINCT FROM b` has not.
        return READS.has(frame.operation) && previous !== 'DISTINCT' && this.#expectTables(FROM_NOISE)
      case 'JOIN':
        return READS.has(frame.operation) && this.#expectTables(FROM_NOISE)
      case 'USING':
        if (frame.operation !== 'DELETE' && frame.operation !== 'MERGE') return false
        // What follows reads as in a SELECT, where USING belongs to a join.
        frame.operation = 'SELECT'
        return this.#expectTables(FROM_NOISE)
      case 'INTO':
        if (!WRITES.has(frame.operation)) return false
        this.#expectTables(frame.operation === 'SELECT' ? INTO_NOISE : FROM_NOISE)
        frame.many = false
        return true
      case 'AS':
        if (frame.expects === 'cteAs') {
          frame.expects = 'cteBody'
        } else if (frame.operation === 'CREATE' || frame.operation === 'PREPARE') {
          this.#starts = true
          this.#opaque = false
        }
        return false
      case 'TO':
        this.#setting ||= frame.operation === 'SET'
        return false
      case 'SET':
        // What ALTER sets for a role, a database or the server is as SET has it.
        if (frame.operation === 'ALTER') frame.operation = 'SET'
        break
      case 'FOR':
        this.#starts = frame.operation === 'DECLARE'
        break
      default:
        if (!CLAUSES.has(keyword)) return false
    }
    if (frame.expects === 'target' || frame.expects === 'comma') frame.expects = 'nothing'
    return true
  }

  #name(text: string, keyword: string): void {
    switch (this.#frame.expects) {
      case 'kind':
        if (!KIND_NOISE.has(keyword)) this.#kind(text, keyword)
        break
      case 'target':
        if (!this.#frame.noise.has(keyword)) this.#target(text, keyword)
        break
      case 'cte':
        if (keyword === 'RECURSIVE') this.#frame.recursive = true
        else this.#commonTable(text)
    }
  }

  #kind(text: string, keyword: string): void {
    this.#push(text)
    if (KIND_PREFIXES.has(keyword)) return
    this.#account = ACCOUNTS.has(keyword)
    this.#frame.expects = this.#account ? 'nothing' : 'target'
  }

  #target(text: string, keyword: string): void {
    const { operation } = this.#frame
    if (this.#commonTables?.has(nameKey(text)) !== true) this.#push(text)
    if (keyword === 'TABLE' && TABLE_COMMANDS.has(operation)) return
    if (operation === 'CALL') this.storedProcedure ??= text
    this.#passTarget()
  }

  #commonTable(text: string): void {
    const frame = this.#frame
    frame.cte = nameKey(text)
    frame.expects = 'cteAs'
    // Only a recursive one is known by its name inside of itself.
    if (frame.recursive) this.#hide(frame.cte)
  }

  #expectTables(noise: ReadonlySet<string>): true {
    this.#frame.expects = 'target'
    this.#frame.many = true
    this.#frame.noise = noise
    return true
  }

  /** The target has been seen, or something else stands in its place. */
  #passTarget(): void {
    const frame = this.#frame
    if (frame.expects === 'target') frame.expects = frame.many ? 'comma' : 'nothing'
  }

  #open(): void {
    const frame = this.#frame
    const inner = newFrame()
    if (frame.expects === 'cteBody') {
      this.#starts = true
    } else if (frame.expects === 'target' && frame.operation === 'COPY') {
      this.#starts = true
      this.#passTarget()
    } else if (frame.expects === 'target' && READS.has(frame.operation)) {
      // A joined table in parentheses, unless a SELECT or VALUES follows. In `VACUUM (FULL) t` the target is to come.
      inner.operation = frame.operation
      inner.expects = 'target'
      inner.many = true
      inner.noise = FROM_NOISE
      this.#passTarget()
    }
    this.#opened = true
    this.#outer.push(frame)
    this.#frame = inner
  }

  #close(): void {
    const frame = this.#outer.pop()
    if (frame === undefined) return
    this.#frame = frame
    if (frame.expects === 'cteBody') {
      this.#hide(frame.cte)
      frame.expects = 'cteComma'
      this.#starts = true
    } else if (frame.operation === 'EXPLAIN') {
      this.#starts = true
    }
  }

  #hide(name: string): void {
    this.#commonTables ??= new Set()
    this.#commonTables.add(name)
  }

  #endStatement(): void {
    const pieces = this.#pieces
    if (this.#repeats()) {
      for (let i = this.#statement; i < pieces.length; i++) this.#length -= pieces[i]!.length + 1
      pieces.length = this.#statement
    } else if (pieces.length > this.#statement) {
      this.#before = this.#statement
      this.#statement = pieces.length
    }
    this.#outer.length = 0
    this.#frame = newFrame()
    this.#starts = true
    this.#opaque = false
    this.#account = false
    this.#setting = false
    this.#commonTables = undefined
  }

  #repeats(): boolean {
    const pieces = this.#pieces
    const count = pieces.length - this.#statement
    if (count === 0 || count !== this.#statement - this.#before) return false
    for (let i = 0; i < count; i++) {
      if (pieces[this.#before + i] !== pieces[this.#statement + i]) return false
    }
    return true
  }

  #push(text: string): void {
    const length = this.#length + text.length + (this.#pieces.length > 0 ? 1 : 0)
    this.#full ||= length > MAX_LENGTH
    if (this.#full) return
    this.#length = length
    this.#pieces.push(text)
  }
}

interface Frame {
  operation: string
  /** What the next word or mark may be. `kind` is the TABLE of CREATE TABLE; `cte` are the stages of WITH. */
  expects: 'nothing' | 'kind' | 'target' | 'comma' | 'cte' | 'cteAs' | 'cteBody' | 'cteComma'
  /** Whether a comma leads to another target. */
  many: boolean
  /** Keywords that may stand before the target. */
  noise: ReadonlySet<string>
  cte: string
  recursive: boolean
}

type Operation = Pick<Frame, 'expects' | 'many' | 'noise'> & { readonly opaque: boolean }

const NO_NOISE: ReadonlySet<string> = new Set()
const FROM_NOISE = words('ONLY LATERAL')
const INTO_NOISE = words('TEMP TEMPORARY UNLOGGED TABLE')
const DDL_NOISE = words('IF NOT EXISTS CONCURRENTLY ONLY ON BY')

/** The commands of PostgreSQL, and what their targets are. */
const OPERATIONS: ReadonlyMap<string, Operation> = new Map([
  ...operations('SELECT INSERT UPSERT DELETE MERGE VALUES EXPLAIN DECLARE', 'nothing', false, NO_NOISE),
  ...operations('UPDATE TABLE', 'target', false, FROM_NOISE),
  ...operations('TRUNCATE LOCK', 'target', true, FROM_NOISE),
  ...operations('VACUUM ANALYZE CLUSTER', 'target', true, words('FULL FREEZE VERBOSE ANALYZE ONLY')),
  ...operations('COPY', 'target', false, words('BINARY')),
  ...operations('CALL EXECUTE PREPARE LISTEN NOTIFY UNLISTEN SHOW RESET START DISCARD', 'target', false, NO_NOISE),
  ...operations('SET', 'target', false, words('SESSION LOCAL')),
  ...operations('DEALLOCATE', 'target', false, words('PREPARE')),
  ...operations('CREATE ALTER REFRESH REINDEX', 'kind', false, DDL_NOISE, true),
  ...operations('DROP', 'kind', true, DDL_NOISE, true),
  ...operations('GRANT REVOKE COMMENT SECURITY REASSIGN IMPORT DO', 'nothing', false, NO_NOISE, true),
  ...operations('BEGIN COMMIT ROLLBACK END ABORT SAVEPOINT RELEASE', 'nothing', false, NO_NOISE, true),
  ...operations('FETCH MOVE CLOSE CHECKPOINT LOAD', 'nothing', false, NO_NOISE, true),
])

const READS = words('SELECT UPDATE DELETE')
const WRITES = words('INSERT UPSERT MERGE SELECT')
/** What ends a list of tables. */
const CLAUSES = words('WHERE GROUP HAVING ORDER LIMIT OFFSET FETCH WINDOW UNION INTERSECT EXCEPT VALUES RETURNING')
/** Commands that say TABLE or leave it out. */
const TABLE_COMMANDS = words('TRUNCATE LOCK')
const KIND_NOISE = words(
  'OR REPLACE GLOBAL LOCAL TEMP TEMPORARY UNLOGGED UNIQUE RECURSIVE CONSTRAINT TRUSTED PROCEDURAL',
)
const KIND_PREFIXES = words('MATERIALIZED FOREIGN EVENT')
const ACCOUNTS = words('USER ROLE GROUP')

function words(list: string): ReadonlySet<string> {
  return new Set(list.split(' '))
}

function operations(
  names: string,
  expects: Frame['expects'],
  many: boolean,
  noise: ReadonlySet<string>,
  opaque = false,
): [string, Operation][] {
  return names.split(' ').map((name) => [name, { expects, many, noise, opaque }])
}

function newFrame(): Frame {
  return { operation: '', expects: 'nothing', many: false, noise: NO_NOISE, cte: '', recursive: false }
}

/** Unquoted names are the same in any case. */
function nameKey(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1) : name.toLowerCase()
}
