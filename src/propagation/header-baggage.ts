import type { BaggageEntry, Context, TextMapGetter, TextMapSetter } from '@opentelemetry/api'
import { BAGGAGE_KEY, baggageOf, isSuppressed } from '../context/context.js'
import { AgentBaggage } from './baggage.js'
import { soleValue } from './header.js'

/** Entries, and characters of their names and values, each way: the bounds of W3C Baggage. */
const MAX_ENTRIES = 64
const MAX_CHARS = 8192

/** What a header's name may hold. */
const TOKEN = /^[!#$%&'*+\-.^_`|~\dA-Za-z]+$/
/** What a header's value may hold. */
const PLAIN = /^[\t\x20-\x7e]*$/

/** Writes each entry of the context's baggage into a header of its own, its value percent-encoded. */
export function injectBaggage<Carrier>(
  prefix: string,
  context: Context,
  carrier: Carrier,
  setter: TextMapSetter<Carrier>,
): void {
  const baggage = baggageOf(context)
  if (baggage === undefined || isSuppressed(context)) return
  let chars = 0
  let count = 0
  for (const [key, { value }] of baggage.getAllEntries()) {
    if (!TOKEN.test(key)) continue
    // Through a buffer, for half a surrogate pair cannot be encoded.
    const text = encodeURIComponent(Buffer.from(String(value)).toString())
    if (chars + key.length + text.length > MAX_CHARS) continue
    chars += key.length + text.length
    setter.set(carrier, prefix + key, text)
    if (++count === MAX_ENTRIES) return
  }
}

/** Reads the headers that begin with `prefix`, which is in lower case, into baggage; beside what the context has. */
export function extractBaggage<Carrier>(
  prefix: string,
  context: Context,
  carrier: Carrier,
  getter: TextMapGetter<Carrier>,
): Context {
  const entries = new Map<string, BaggageEntry>(baggageOf(context)?.getAllEntries())
  const before = entries.size
  let chars = 0
  for (const name of getter.keys(carrier)) {
    if (name.length === prefix.length || !name.toLowerCase().startsWith(prefix)) continue
    const value = soleValue(getter.get(carrier, name))
    if (value === undefined || !PLAIN.test(value) || chars + name.length + value.length > MAX_CHARS) continue
    chars += name.length + value.length
    entries.set(name.slice(prefix.length), { value: decoded(value) })
    if (entries.size - before >= MAX_ENTRIES) break
  }
  return chars === 0 ? context : context.setValue(BAGGAGE_KEY, new AgentBaggage(entries))
}

/** What is no valid encoding is taken as it stands. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
