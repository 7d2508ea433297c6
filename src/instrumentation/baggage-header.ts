import type { HeaderValue } from './http-rules.js'

export const BAGGAGE = 'baggage'

/** What a program sends in a `baggage` header of its own, and behind it what the context has besides. */
export function joinBaggage(own: HeaderValue, carried: string): string {
  if (own === undefined) return carried
  const members = String(own).split(',').filter(nameOf)
  const names = new Set(members.map(nameOf))
  return [...members, ...carried.split(',').filter((member) => !names.has(nameOf(member)))].join(',')
}

function nameOf(member: string): string {
  return member.split('=', 1)[0]!.trim()
}
