import { closeSync, constants, fstatSync, openSync, readSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { now } from '../trace/clock.js'
import { makeFolder } from './folder.js'

/** Takes lines, before it returns. */
export interface Output {
  /** For lines of the agent's own. */
  readonly name: string
  /** Writes the bytes and a line break. @throws the error of the system where not all could be written. */
  write(line: Uint8Array): void
}

const LINE_BREAK = 0x0a
const STDOUT = 1
/** How long a reader may take that has left no room: the program stands still meanwhile. */
const PATIENCE_MILLIS = 100

let mayStdoutBeTorn = false

/**
 * Standard output. A reader that is slow holds the program up as it would by its own lines, but for a bounded time. A line
 * that is torn by that is ended before the next one, which comes after an empty one where nothing of it was written.
 */
export const standardOutput: Output = {
  name: 'stdout',
  write(line) {
    const bytes = terminated(line, mayStdoutBeTorn)
    mayStdoutBeTorn = true
    writeAll(STDOUT, bytes)
    mayStdoutBeTorn = false
  },
}

/**
 * Appends to a file, which is opened for each line, so that it may be moved away and removed at any time, and which
 * several processes may share: a line is one write. Folders that are missing are made. A line that was left torn, by
 * a full disk or the end of a process, is ended before the first line, which is empty where it was another process's
 * in the midst of its writing.
 */
export function fileOutput(path: string): Output {
  let mayBeTorn = true
  return {
    name: path,
    write(line) {
      const fd = open(path)
      try {
        const bytes = terminated(line, mayBeTorn && endsTorn(fd))
        mayBeTorn = true
        writeAll(fd, bytes)
        mayBeTorn = false
      } finally {
        closeSync(fd)
      }
    },
  }
}

function open(path: string): number {
  // Not to wait for the reader of a named pipe.
  const flags = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK
  try {
    return openSync(path, flags)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    makeFolder(dirname(path))
    return openSync(path, flags)
  }
}

function endsTorn(fd: number): boolean {
  const stats = fstatSync(fd)
  if (!stats.isFile() || stats.size === 0) return false
  const last = Buffer.alloc(1)
  readSync(fd, last, 0, 1, stats.size - 1)
  return last[0] !== LINE_BREAK
}

/** @param afterTorn whether the line before it has no end */
function terminated(line: Uint8Array, afterTorn: boolean): Uint8Array {
  const start = afterTorn ? 1 : 0
  const bytes = Buffer.allocUnsafe(start + line.length + 1)
  if (afterTorn) bytes[0] = LINE_BREAK
  bytes.set(line, start)
  bytes[start + line.length] = LINE_BREAK
  return bytes
}

function writeAll(fd: number, bytes: Uint8Array): void {
  const until = now() + PATIENCE_MILLIS
  for (let written = 0; written < bytes.length; ) {
    try {
      written += writeSync(fd, bytes, written)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || now() > until) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
    }
  }
}
