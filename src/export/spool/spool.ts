import { renameSync, unlinkSync, writeFileSync } from 'node:fs'
import { open, readFile, rename, unlink, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import type { SpoolConfig } from '../../config/config.js'
import { setInterval } from '../../context/timers.js'
import { diag } from '../../diag/diag.js'
import { wallMillis } from '../../trace/clock.js'
import { makeFolder } from '../folder.js'
import { counted, type Signal } from '../signal.js'
import type { Request } from '../source.js'
import { reasonOf } from '../transport/transport.js'
import { headerOf, nameOf, readRequest } from './file.js'
import { entriesOf, lookAround, removeOlder } from './folders.js'
import { ownerName, TOUCH_MILLIS } from './owner.js'
import { takeOver } from './takeover.js'

/** Files that are not whole are moved there. */
const CORRUPT = 'corrupt'
const DONE = Promise.resolve()
/** A disk that is slower than the program must not have its memory. */
const MAX_WRITING_BYTES = 16 * 1024 * 1024
/** Only for the user who runs the program: telemetry may be as private as what it tells of. */
const FOLDER_MODE = 0o700
const FILE_MODE = 0o600

/** A request that is on disk, or is being written there. Removed when all its records are accounted for. */
export interface SpoolFile {
  readonly path: string
  readonly bytes: number
  /** Records of it without an answer. */
  left: number
  isWritten: boolean
  /** What is being written. */
  request: Request | undefined
  /** Settles when it is written, or cannot be. */
  writing: Promise<void>
}

/**
 * Keeps requests on disk until they are answered, so that they outlive the process: one folder for each process in a
 * common one, one file for each request. A process that starts takes over the files of those that have ended, by
 * renaming them into its own folder, of which the system makes sure that only one can.
 *
 * A file appears by renaming, when it is whole, and is verified when it is read. It is not forced to the disk: what a
 * crash of the machine leaves torn is put aside. A request whose answer a killed process has not noted any more is
 * sent twice.
 */
export class Spool {
  readonly directory: string
  readonly #signal: Signal
  readonly #kind: string
  readonly #maxBytes: number
  readonly #maxAgeMillis: number
  readonly #folder: string
  /** Files without a request in memory, oldest first. */
  readonly #backlog: SpoolFile[] = []
  #bytes = 0
  /** Of other processes, when last looked. */
  #foreignBytes = 0
  /** Of requests that are being written. */
  #writingBytes = 0
  /** Those that are to go, and have not yet. */
  readonly #removing = new Set<SpoolFile>()
  #number = 0
  #isLastMoment = false
  #scan: Promise<void> | undefined
  #hasLooked = false
  #made: Promise<unknown> | undefined
  #touching: NodeJS.Timeout | undefined

  constructor({ directory, maxBytes, maxAgeMillis }: SpoolConfig, signal: Signal, contentType: string) {
    this.directory = directory
    this.#signal = signal
    this.#kind = `${signal.name}.${contentType === 'application/json' ? 'json' : 'pb'}`
    this.#maxBytes = maxBytes
    this.#maxAgeMillis = maxAgeMillis
    this.#folder = join(directory, ownerName())
  }

  /** Looks for what ended processes have left. Settles when it is known; never rejects. */
  start(): Promise<void> {
    this.#scan ??= this.#takeOver()
      .catch((error) => this.#complain('read', error))
      .then(() => {
        this.#hasLooked = true
      })
    return this.#scan
  }

  /** Something may be there to be sent that is not in memory. */
  get hasBacklog(): boolean {
    return !this.#hasLooked || this.#backlog.length > 0
  }

  /** Begins to write a request. Undefined where there is no room for it. */
  put(request: Request): SpoolFile | undefined {
    const file = this.#writingBytes > MAX_WRITING_BYTES ? undefined : this.#newFile(request)
    if (file === undefined) return undefined
    this.#writingBytes += file.bytes
    file.request = request
    file.writing = this.#write(file, request)
      .catch((error) => this.#complain('write', error))
      .then(() => {
        this.#writingBytes -= file.bytes
        file.request = undefined
      })
    return file
  }

  /** As `put`, before it returns. Throws nothing. */
  putNow(request: Request, file: SpoolFile | undefined = this.#newFile(request)): boolean {
    if (file === undefined) return false
    if (file.isWritten) return true
    try {
      makeFolder(this.#folder, FOLDER_MODE)
      writeFileSync(`${file.path}.now.tmp`, Buffer.concat([headerOf(request), request.body]), { mode: FILE_MODE })
      renameSync(`${file.path}.now.tmp`, file.path)
      file.isWritten = true
    } catch (error) {
      removeNow(`${file.path}.now`)
      this.#complain('write', error)
      return false
    }
    return true
  }

  /** Records of the file are accounted for. */
  settle(file: SpoolFile, records: number): void {
    file.left -= records
    if (file.left <= 0) this.#remove(file)
  }

  /** The request goes from memory, and is to be sent from the file later. False where there is none. */
  leave(file: SpoolFile, records: number): boolean {
    // Of one that is divided, parts have arrived.
    if (file.left !== records) return false
    this.#backlog.push(file)
    return true
  }

  /** The oldest request that is not in memory. Undefined when there is none. Never rejects. */
  async next(): Promise<{ readonly file: SpoolFile; readonly request: Request } | undefined> {
    await this.start()
    for (let file = this.#backlog.shift(); file !== undefined; file = this.#backlog.shift()) {
      await file.writing
      const request = await this.#read(file)
      if (request !== undefined) return { file, request }
    }
    return undefined
  }

  /** Records that are on disk and not in memory. */
  get backlogRecords(): number {
    return this.#backlog.reduce((sum, { left }) => sum + left, 0)
  }

  /** No event comes any more: what is under way is done before the call returns, and so is what follows. */
  lastMoment(): void {
    if (this.#isLastMoment) return
    this.#isLastMoment = true
    for (const file of this.#removing) removeNow(file.path)
    for (const file of this.#backlog) if (file.request !== undefined) this.putNow(file.request, file)
  }

  #newFile({ body, records }: Request): SpoolFile | undefined {
    const bytes = body.byteLength + headerOf({ body: new Uint8Array(0), records }).byteLength
    while (this.#bytes + this.#foreignBytes + bytes > this.#maxBytes) {
      const oldest = this.#backlog.shift()
      if (oldest === undefined) return undefined
      this.#remove(oldest)
      this.onDrop(oldest.left)
    }
    this.#bytes += bytes
    const path = this.#newPath(wallMillis(), records)
    return { path, bytes, left: records, isWritten: false, request: undefined, writing: DONE }
  }

  #newPath(madeMillis: number, records: number): string {
    return join(this.#folder, nameOf(madeMillis, this.#number++, records, this.#kind))
  }

  /** Hears of records that had to go: the spool is full, or they are too old. */
  onDrop: (records: number) => void = () => {}

  async #write(spoolFile: SpoolFile, request: Request): Promise<void> {
    const { path } = spoolFile
    await this.#ownFolder()
    const file = await open(`${path}.tmp`, 'w', FILE_MODE)
    try {
      // Unlike `writev`, which is content with what there is room for, all of each or an error.
      await file.writeFile(headerOf(request))
      await file.writeFile(request.body)
    } catch (error) {
      await unlink(`${path}.tmp`)
      throw error
    } finally {
      await file.close()
    }
    // A last moment has come meanwhile, and gone: the file is there already, or is not needed.
    if (this.#isLastMoment) return
    await rename(`${path}.tmp`, path)
    spoolFile.isWritten = true
  }

  #ownFolder(): Promise<unknown> {
    this.#made ??= DONE.then(() => {
      makeFolder(this.#folder, FOLDER_MODE)
      this.#touching = setInterval(() => {
        const seconds = wallMillis() / 1000
        utimes(this.#folder, seconds, seconds).catch(() => {})
      }, TOUCH_MILLIS)
      this.#touching.unref()
    })
    return this.#made
  }

  #remove(file: SpoolFile): void {
    this.#bytes -= file.bytes
    if (this.#isLastMoment) {
      removeNow(file.path)
      return
    }
    this.#removing.add(file)
    void file.writing
      .then(() => (file.isWritten ? unlink(file.path) : undefined))
      .catch((error) => this.#complain('write', error))
      .then(() => this.#removing.delete(file))
  }

  async #read(file: SpoolFile): Promise<Request | undefined> {
    try {
      const request = readRequest(await readFile(file.path))
      if (request !== undefined) return request
      this.#bytes -= file.bytes
      makeFolder(join(this.directory, CORRUPT), FOLDER_MODE)
      const aside = join(this.directory, CORRUPT, `${ownerName()}-${file.path.slice(this.#folder.length + 1)}`)
      await rename(file.path, aside)
      diag.warn(`a file of ${counted(file.left, this.#signal)} in the spool is not whole, put aside as ${aside}`)
    } catch (error) {
      this.#bytes -= file.bytes
      this.#complain('read', error)
    }
    this.onDrop(file.left)
    return undefined
  }

  async #takeOver(): Promise<void> {
    const { foreignBytes, abandoned } = await lookAround(this.directory, this.#folder)
    this.#foreignBytes = foreignBytes
    const { taken, expired } = await takeOver(abandoned, this.#kind, this.#maxAgeMillis, {
      newPath: async (madeMillis, records) => {
        await this.#ownFolder()
        return this.#newPath(madeMillis, records)
      },
      onTaken: (path, bytes, records) => {
        this.#bytes += bytes
        this.#backlog.push({ path, bytes, left: records, isWritten: true, request: undefined, writing: DONE })
      },
    })
    const corrupt = join(this.directory, CORRUPT)
    for (const name of await entriesOf(corrupt)) await removeOlder(join(corrupt, name), this.#maxAgeMillis)
    this.#backlog.sort((a, b) => (a.path < b.path ? -1 : 1))
    if (expired > 0) this.onDrop(expired)
    if (taken > 0) diag.info(`sends ${counted(taken, this.#signal)} of earlier runs from ${this.directory}`)
  }

  #complain(what: 'read' | 'write', error: unknown): void {
    diag.warnOnce(`spool ${what}`, `cannot ${what} the spool ${this.directory}: ${reasonOf(error)}`)
  }
}

/** Also a file that another thread is about to rename. */
function removeNow(path: string): void {
  for (const each of [`${path}.tmp`, path]) {
    try {
      unlinkSync(each)
    } catch {
      // It is not there, or may not be removed.
    }
  }
}
