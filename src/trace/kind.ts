/** `SpanKind` of the API, by value: the API's own module is not loaded at run time. */
export const INTERNAL = 0
export const SERVER = 1
export const CLIENT = 2
export const PRODUCER = 3
export const CONSUMER = 4
