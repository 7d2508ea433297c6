/** Bounds on what one span may hold; `Infinity` is no bound. SPEC trace/sdk.md#span-limits. */
export interface SpanLimits {
  readonly attributeCount: number
  /** Characters of a string value, also of each string in an array. */
  readonly attributeValueLength: number
  readonly eventCount: number
  readonly linkCount: number
  readonly attributesPerEvent: number
  readonly attributesPerLink: number
}

export const DEFAULT_LIMITS: SpanLimits = {
  attributeCount: 128,
  attributeValueLength: Number.POSITIVE_INFINITY,
  eventCount: 128,
  linkCount: 128,
  attributesPerEvent: 128,
  attributesPerLink: 128,
}
