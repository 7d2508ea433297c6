import type { Request } from '../source.js'

/** The first bytes of a file: what it is, and the version of its form. */
const MAGIC = 0x4153_5031
/** Magic, checksum of body and records, length of the body, records in it: 4 bytes each, big-endian. */
const HEADER_BYTES = 16

/** What stands before the body in a file. */
export function headerOf({ body, records }: Request): Uint8Array {
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeUInt32BE(MAGIC, 0)
  header.writeUInt32BE(checksum(body, records), 4)
  header.writeUInt32BE(body.byteLength, 8)
  header.writeUInt32BE(records, 12)
  return header
}

/** Undefined where the file is not whole, or not what was written. */
export function readRequest(file: Buffer): Request | undefined {
  if (file.length < HEADER_BYTES || file.readUInt32BE(0) !== MAGIC) return undefined
  const body = file.subarray(HEADER_BYTES)
  const records = file.readUInt32BE(12)
  if (body.length !== file.readUInt32BE(8) || checksum(body, records) !== file.readUInt32BE(4)) return undefined
  return { body, records }
}

/** Where a name is that of a file of the spool: when it was made, in Unix milliseconds, and how many records it has. */
export function readName(
  name: string,
  kind: string,
): { readonly madeMillis: number; readonly records: number } | undefined {
  const match = /^(\d{13})-\d+-(\d+)\.(.+)$/.exec(name)
  return match === null || match[3] !== kind ? undefined : { madeMillis: Number(match[1]), records: Number(match[2]) }
}

/** `number` tells files of one millisecond apart. */
export function nameOf(madeMillis: number, number: number, records: number, kind: string): string {
  return `${madeMillis}-${number}-${records}.${kind}`
}

function checksum(body: Uint8Array, records: number): number {
  return process.getBuiltinModule('node:zlib').crc32(body, records)
}
