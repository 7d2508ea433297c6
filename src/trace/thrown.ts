/*
 * What is read of a thing that was thrown. That may be anything: also an object without a text, or one whose properties
 * throw when they are read. Nothing here throws.
 */

type Key = 'code' | 'name' | 'message' | 'stack' | 'cause' | 'errors' | 0

/** Undefined where there is no such property, or none that can be read. */
export function propertyOf(thrown: unknown, key: Key): unknown {
  try {
    return (thrown as Readonly<Record<string, unknown>> | null | undefined)?.[key]
  } catch {
    return undefined
  }
}

/** Its message, where that is a text; else itself as one. */
export function messageOf(thrown: unknown): string {
  const message = propertyOf(thrown, 'message')
  if (typeof message !== 'string') return textOf(thrown)
  if (message !== '') return message
  // An `AggregateError` of Node.js, for a host of several addresses, has no words itself.
  const first = propertyOf(propertyOf(propertyOf(thrown, 'errors'), 0), 'message')
  return typeof first === 'string' ? first : ''
}

/** The name of its class, if it has one. */
export function className(thrown: object): string | undefined {
  try {
    const name: unknown = thrown.constructor?.name
    return typeof name === 'string' && name !== '' ? name : undefined
  } catch {
    return undefined
  }
}

/** Of what refuses to be a text its type. */
export function textOf(value: unknown): string {
  try {
    return String(value)
  } catch {
    return typeof value
  }
}
