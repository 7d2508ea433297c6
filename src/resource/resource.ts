import type { AttributeList } from '../trace/attributes.js'

/** Who produced the telemetry: sent once with each batch. The list may be another one later, with more in it. */
export interface Resource {
  readonly attributes: Readonly<AttributeList>
  readonly schemaUrl: string
}
