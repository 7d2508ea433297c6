import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { atEnd, type Owner } from './owner.js'

/** Columns by their names; it does not change. */
type Row = Readonly<Record<string, string | null>>

/** What a server answers to a statement. */
export type Answer =
  | { readonly rows: readonly Row[]; readonly delayMillis?: number }
  /** Fields of an ErrorResponse by their letters: S severity, C SQLSTATE, M message, W where. */
  | { readonly error: Readonly<Record<string, string>>; readonly delayMillis?: number }
  /** Says nothing more on this connection, or cuts it. */
  | 'silence'
  | 'hang up'

export interface WireOptions {
  /** Default: a row of one column, `value`, with the first of the values. */
  readonly answer?: (text: string, values: readonly (string | null)[]) => Answer
}

/**
 * Starts what looks like a PostgreSQL on 127.0.0.1, protocol 3.0, to any number of clients: it knows no SQL and
 * answers as it is told, late, wrong or not at all. `NOTIFY x` goes to all of them. @returns its URL
 */
export async function startWire(owner: Owner, { answer = echo }: WireOptions = {}): Promise<string> {
  const sessions = new Set<Session>()
  const server = createServer({ noDelay: true }, (socket) => {
    const session = new Session(socket, answer, () => {
      for (const other of sessions) other.notify()
    })
    sessions.add(session)
    socket.on('close', () => sessions.delete(session))
    socket.on('error', () => {})
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  atEnd(owner, async () => {
    for (const { socket } of sessions) socket.destroy()
    server.close()
    await once(server, 'close')
  })
  return `postgres://tester@127.0.0.1:${(server.address() as AddressInfo).port}/shop`
}

function echo(_text: string, values: readonly (string | null)[]): Answer {
  return { rows: [{ value: values[0] ?? null }] }
}

const SSL_REQUEST = 80877103
const CANCEL_REQUEST = 80877102
const TEXT_TYPE = 25

class Session {
  readonly socket: Socket
  readonly #answer: NonNullable<WireOptions['answer']>
  readonly #notifyAll: () => void
  readonly #statements = new Map<string, string>()
  #received: Buffer = Buffer.alloc(0)
  #started = false
  #text = ''
  #values: (string | null)[] = []
  #sent = 0
  /** After an error, all is skipped up to the next Sync. */
  #skipping = false
  #silent = false
  /** Messages are taken one after the other, each when the one before has its answer. */
  #busy = false
  /** Messages that are sent in one piece: how many a program reads at a time is not left to chance. */
  #outgoing: Buffer[] = []

  constructor(socket: Socket, answer: NonNullable<WireOptions['answer']>, notifyAll: () => void) {
    this.socket = socket
    this.#answer = answer
    this.#notifyAll = notifyAll
    socket.on('data', (data) => {
      this.#received = Buffer.concat([this.#received, data])
      void this.#work()
    })
  }

  notify(): void {
    if (this.#started) this.#send('A', int32(1), text('news'), text(''))
  }

  async #work(): Promise<void> {
    if (this.#busy) return
    this.#busy = true
    while (!this.#silent) {
      const head = this.#started ? 1 : 0
      if (this.#received.length < head + 4) break
      const length = head + this.#received.readInt32BE(head)
      if (this.#received.length < length) break
      const body = new Reader(this.#received.subarray(head + 4, length))
      const type = this.#started ? String.fromCharCode(this.#received[0] as number) : ''
      this.#received = this.#received.subarray(length)
      await this.#take(type, body)
    }
    this.#flush()
    this.#busy = false
  }

  async #take(type: string, body: Reader): Promise<void> {
    if (this.#skipping && type !== 'S') return
    switch (type) {
      case '':
        return this.#start(body.int32())
      case 'Q':
        this.#prepare(body.text(), [])
        await this.#execute(true, 0)
        return this.#ready()
      case 'P':
        this.#statements.set(body.text(), body.text())
        return this.#send('1')
      case 'B':
        body.text()
        this.#prepare(this.#statements.get(body.text()) ?? '', body.values())
        return this.#send('2')
      case 'D':
        return this.#describe()
      case 'E':
        body.text()
        return this.#execute(false, body.int32())
      case 'C':
        return this.#send('3')
      case 'S':
        this.#skipping = false
        return this.#ready()
      case 'X':
        this.#flush()
        this.socket.end()
    }
  }

  #start(code: number): void {
    if (code === SSL_REQUEST) {
      this.socket.write('N')
    } else if (code === CANCEL_REQUEST) {
      this.socket.end()
    } else {
      this.#started = true
      this.#send('R', int32(0))
      this.#send('K', int32(1), int32(2))
      this.#ready()
    }
  }

  #prepare(statement: string, values: (string | null)[]): void {
    this.#text = statement
    this.#values = values
    this.#sent = 0
  }

  #describe(): void {
    const answer = this.#answer(this.#text, this.#values)
    if (typeof answer === 'object' && 'rows' in answer && answer.rows.length > 0) this.#columns(answer.rows)
    else this.#send('n')
  }

  async #execute(describe: boolean, maxRows: number): Promise<void> {
    const answer = this.#answer(this.#text, this.#values)
    if (answer === 'silence') {
      this.#silent = true
      return
    }
    if (answer === 'hang up') {
      this.#silent = true
      this.#flush()
      this.socket.destroy()
      return
    }
    if (answer.delayMillis !== undefined) {
      this.#flush()
      await new Promise((resolve) => setTimeout(resolve, answer.delayMillis))
    }
    if ('error' in answer) {
      this.#skipping = !describe
      this.#send('E', ...Object.entries(answer.error).flatMap(([field, value]) => [char(field), text(value)]), byte(0))
      return
    }
    if (this.#text.startsWith('NOTIFY')) this.#notifyAll()
    const end = maxRows === 0 ? answer.rows.length : Math.min(answer.rows.length, this.#sent + maxRows)
    if (describe) this.#columns(answer.rows)
    for (; this.#sent < end; this.#sent++) this.#row(answer.rows[this.#sent] as Row)
    if (maxRows > 0 && end < answer.rows.length) this.#send('s')
    else this.#send('C', text(`SELECT ${answer.rows.length}`))
  }

  #columns([first = {}]: readonly Row[]): void {
    const names = Object.keys(first)
    const field = (name: string) => [text(name), int32(0), int16(0), int32(TEXT_TYPE), int16(-1), int32(-1), int16(0)]
    this.#send('T', int16(names.length), ...names.flatMap(field))
  }

  #row(row: Row): void {
    const known = rowMessages.get(row) ?? rowMessage(row)
    rowMessages.set(row, known)
    this.#sendMessage(known)
  }

  #ready(): void {
    if (!this.#silent) this.#send('Z', char('I'))
  }

  #send(type: string, ...parts: Buffer[]): void {
    this.#sendMessage(message(type, parts))
  }

  #sendMessage(message: Buffer): void {
    this.#outgoing.push(message)
    if (!this.#busy) this.#flush()
  }

  #flush(): void {
    if (this.#outgoing.length > 0 && this.socket.writable) this.socket.write(Buffer.concat(this.#outgoing))
    this.#outgoing = []
  }
}

class Reader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  int32(): number {
    this.#at += 4
    return this.#bytes.readInt32BE(this.#at - 4)
  }

  int16(): number {
    this.#at += 2
    return this.#bytes.readInt16BE(this.#at - 2)
  }

  text(): string {
    const start = this.#at
    this.#at = this.#bytes.indexOf(0, start) + 1
    return this.#bytes.toString('utf8', start, this.#at - 1)
  }

  /** The values of a Bind message, after the formats that they are in: all text. */
  values(): (string | null)[] {
    for (let formats = this.int16(); formats > 0; formats--) this.int16()
    return Array.from({ length: this.int16() }, () => {
      const length = this.int32()
      if (length < 0) return null
      this.#at += length
      return this.#bytes.toString('utf8', this.#at - length, this.#at)
    })
  }
}

/** Tests answer with the same rows many times. */
const rowMessages = new WeakMap<Row, Buffer>()

function rowMessage(row: Row): Buffer {
  const values = Object.values(row)
  const field = (value: string | null) => {
    return value === null ? [int32(-1)] : [int32(Buffer.byteLength(value)), Buffer.from(value)]
  }
  return message('D', [int16(values.length), ...values.flatMap(field)])
}

function message(type: string, parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  return Buffer.concat([char(type), int32(body.length + 4), body])
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(value)
  return bytes
}

function byte(value: number): Buffer {
  return Buffer.from([value])
}

function char(value: string): Buffer {
  return Buffer.from(value)
}

function text(value: string): Buffer {
  return Buffer.from(`${value}\0`)
}
