import { diag } from '../diag/diag.js'
import type { Resource } from '../resource/resource.js'
import type { Scope } from '../trace/span.js'
import type { ByteBuffer } from './bytes.js'
import { EncodedResource } from './encoded-resource.js'
import type { Encoder } from './encoder.js'
import { type NewScope, ScopeBuffers, type ScopeRecords } from './scopes.js'

/** What stands around the records in an export request of one wire format. */
export interface Envelope<Bytes extends ByteBuffer> {
  readonly contentType: string
  /** All that stands before the first scope. */
  encodeResource(resource: Resource): Uint8Array
  newScope(scope: Scope): NewScope<Bytes>
  /** One `Resource*` with a `Scope*` for each scope, in a buffer of exactly its size. */
  assemble(resource: Uint8Array, scopes: readonly ScopeRecords<Bytes>[]): Uint8Array
}

/** The life of an encoder: what is added is kept by scope, and taken as one request. */
export abstract class RecordEncoder<Data extends { readonly scope: Scope }, Bytes extends ByteBuffer>
  implements Encoder<Data>
{
  readonly contentType: string
  count = 0
  /** Without the resource. */
  byteLength = 0
  readonly #signal: string
  readonly #envelope: Envelope<Bytes>
  readonly #resource: EncodedResource
  readonly #scopes: ScopeBuffers<Bytes>

  /** `signal` is what one record is called where a fault is told, such as `span`. */
  constructor(signal: string, envelope: Envelope<Bytes>, resource: Resource) {
    this.contentType = envelope.contentType
    this.#signal = signal
    this.#envelope = envelope
    this.#resource = new EncodedResource(resource, envelope.encodeResource)
    this.#scopes = new ScopeBuffers(envelope.newScope)
  }

  /**
   * Appends one record to those of its scope. What it has written counts for nothing where it writes no item or throws.
   *
   * @returns the number of items in it: 1 for a span or a log record, for a metric its data points, 0 to leave it out
   */
  protected abstract write(records: Bytes, record: Data): number

  add(record: Data): void {
    let bytes: Bytes | undefined
    let before = 0
    try {
      const { head, records } = this.#scopes.of(record.scope)
      bytes = records
      before = records.length
      const items = this.write(records, record)
      if (items === 0) {
        records.length = before
      } else {
        this.count += items
        this.byteLength += records.length - before + (before === 0 ? head.length : 0)
      }
    } catch (error) {
      if (bytes !== undefined) bytes.length = before
      diag.fault(`the ${this.#signal} encoder`, error)
    }
  }

  take(): Uint8Array {
    try {
      if (this.count === 0) return new Uint8Array(0)
      return this.#envelope.assemble(this.#resource.bytes, this.#scopes.filled())
    } finally {
      this.#scopes.clear()
      this.count = 0
      this.byteLength = 0
    }
  }
}
