import type { Scope } from '../trace/span.js'
import type { ByteBuffer } from './bytes.js'

/** Memory that is kept between batches, in bytes, for all scopes together. */
const MAX_KEPT_BYTES = 1024 * 1024
/** Scopes that are kept between batches; a program has about as many as it has instrumented libraries. */
const MAX_KEPT_SCOPES = 64

export interface NewScope<Bytes extends ByteBuffer> {
  /** What OTLP says of the scope, encoded once. */
  readonly head: Uint8Array
  readonly records: Bytes
}

/** The records of one instrumentation scope in the batch that is being made. */
export interface ScopeRecords<Bytes extends ByteBuffer> extends NewScope<Bytes> {
  readonly scope: Scope
}

/** Keeps the records of each scope together, so that a batch names a scope once however they alternate. */
export class ScopeBuffers<Bytes extends ByteBuffer> {
  readonly #scopes = new Map<Scope, ScopeRecords<Bytes>>()
  readonly #make: (scope: Scope) => NewScope<Bytes>
  /** The two that were asked for last: those of a request and of its calls take turns. */
  #last: ScopeRecords<Bytes> | undefined = undefined
  #other: ScopeRecords<Bytes> | undefined = undefined

  /** `make` is called for the first record of a scope. */
  constructor(make: (scope: Scope) => NewScope<Bytes>) {
    this.#make = make
  }

  of(scope: Scope): ScopeRecords<Bytes> {
    const last = this.#last
    if (last !== undefined && last.scope === scope) return last
    const other = this.#other
    if (other !== undefined && other.scope === scope) return other
    return this.#find(scope)
  }

  /** Those that have records, in the order of their first use. */
  filled(): ScopeRecords<Bytes>[] {
    return [...this.#scopes.values()].filter(({ records }) => records.length > 0)
  }

  /** Forgets all records, and memory that is beyond what is kept. */
  clear(): void {
    if (this.#scopes.size > MAX_KEPT_SCOPES) {
      this.#scopes.clear()
      this.#last = undefined
      this.#other = undefined
    }
    let kept = 0
    for (const { records } of this.#scopes.values()) {
      records.clear(MAX_KEPT_BYTES - kept)
      kept += records.bytes.length
    }
  }

  #find(scope: Scope): ScopeRecords<Bytes> {
    let found = this.#scopes.get(scope)
    if (found === undefined) {
      const { name, version, schemaUrl } = scope
      found = { scope, ...this.#make({ name: text(name), version: text(version), schemaUrl: text(schemaUrl) }) }
      this.#scopes.set(scope, found)
    }
    this.#other = this.#last
    this.#last = found
    return found
  }
}

/** Programs in JavaScript call `getTracer` with anything. */
function text(value: unknown): string {
  return String(value ?? '')
}
