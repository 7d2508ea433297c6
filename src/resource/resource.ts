import type { AttributeList } from '../trace/attributes.js'

/** Who produced the telemetry: sent once with each batch. */
export interface Resource {
  readonly attributes: Readonly<AttributeList>
  readonly schemaUrl: string
}
