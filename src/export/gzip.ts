/** Compresses bodies on a thread of libuv's; a retry has the same body, which is compressed once. */
export class Gzip {
  #last: { body: Uint8Array; bytes: Promise<Uint8Array> } | undefined

  pack(body: Uint8Array): Promise<Uint8Array> {
    if (this.#last?.body !== body) {
      const { gzip } = process.getBuiltinModule('node:zlib')
      const bytes = new Promise<Uint8Array>((resolve, reject) => {
        gzip(body, (error, result) => (error === null ? resolve(result) : reject(error)))
      })
      this.#last = { body, bytes }
    }
    return this.#last.bytes
  }

  forget(): void {
    this.#last = undefined
  }
}
