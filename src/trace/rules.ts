import { escaped, glob } from './glob.js'
import { type HeadSampler, probability, rateLimit, type SpanStart } from './head.js'

/** What a span has to be like: all of it. */
export interface RuleConditions {
  /** `http.request.method`, in upper case. */
  readonly method: string | undefined
  /** `url.path`; `*` stands for anything, `:name` for one segment. */
  readonly path: string | undefined
  /** Attributes by name; `host` is the server's, `name` the span's name. `*` stands for anything. */
  readonly attributes: readonly (readonly [key: string, pattern: string])[]
}

/** One entry of `AUTOSPAN_SAMPLING_RULES`. */
export interface SamplingRule extends RuleConditions {
  /** The share from 0 to 1, or traces a second. */
  readonly rate: { readonly share: number } | { readonly perSecond: number }
}

/** The first rule that a span is like decides. */
export function ruleSampler(rule: SamplingRule, now?: () => number): HeadSampler {
  const matches = matcher(rule)
  const sampler = 'share' in rule.rate ? probability(rule.rate.share) : rateLimit(rule.rate.perSecond, now)
  return { decide: (start) => (matches(start) ? sampler.decide(start) : undefined) }
}

export function matcher({ method, path, attributes }: RuleConditions): (start: SpanStart) => boolean {
  const wanted = attributes.map(
    ([key, pattern]) => [key === 'host' ? 'server.address' : key, glob(pattern, 's')] as const,
  )
  if (path !== undefined) wanted.unshift(['url.path', glob(path, 's', segments)])
  return (start) => {
    if (method !== undefined && start.attribute('http.request.method') !== method) return false
    return wanted.every(([key, pattern]) => {
      const value = key === 'name' ? start.name : start.attribute(key)
      return value !== undefined && pattern.test(String(value))
    })
  }
}

/** `:name` in a path is one segment of it. */
function segments(text: string): string {
  return text
    .split(/((?<=\/):\w+)/)
    .map((part, i) => (i % 2 === 0 ? escaped(part) : '[^/]+?'))
    .join('')
}
