import type { Resource } from '../resource/resource.js'

/** A resource as requests have it: encoded with the first of them, and anew when there is more to tell. */
export class EncodedResource {
  readonly #resource: Resource
  readonly #encode: (resource: Resource) => Uint8Array
  #bytes: Uint8Array = new Uint8Array(0)
  #attributes: Resource['attributes'] | undefined

  constructor(resource: Resource, encode: (resource: Resource) => Uint8Array) {
    this.#resource = resource
    this.#encode = encode
  }

  get bytes(): Uint8Array {
    const { attributes } = this.#resource
    if (attributes !== this.#attributes) {
      this.#attributes = attributes
      this.#bytes = this.#encode(this.#resource)
    }
    return this.#bytes
  }
}
