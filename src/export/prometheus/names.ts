/*
 * How names and units of OpenTelemetry are written for Prometheus: compatibility/prometheus_and_openmetrics.md of the
 * specification, by its default strategy, UnderscoreEscapingWithSuffixes.
 */

export type FamilyType = 'counter' | 'gauge' | 'histogram' | 'info'

const UNITS: ReadonlyMap<string, string> = new Map([
  ['d', 'days'],
  ['h', 'hours'],
  ['min', 'minutes'],
  ['s', 'seconds'],
  ['ms', 'milliseconds'],
  ['us', 'microseconds'],
  ['ns', 'nanoseconds'],
  ['By', 'bytes'],
  ['KiBy', 'kibibytes'],
  ['MiBy', 'mebibytes'],
  ['GiBy', 'gibibytes'],
  ['TiBy', 'tibibytes'],
  ['kBy', 'kilobytes'],
  ['KBy', 'kilobytes'],
  ['MBy', 'megabytes'],
  ['GBy', 'gigabytes'],
  ['TBy', 'terabytes'],
  ['m', 'meters'],
  ['V', 'volts'],
  ['A', 'amperes'],
  ['J', 'joules'],
  ['W', 'watts'],
  ['g', 'grams'],
  ['Cel', 'celsius'],
  ['Hz', 'hertz'],
  ['%', 'percent'],
])

const PER_UNITS: ReadonlyMap<string, string> = new Map([
  ['s', 'second'],
  ['m', 'minute'],
  ['h', 'hour'],
  ['d', 'day'],
  ['w', 'week'],
  ['mo', 'month'],
  ['y', 'year'],
])

/** The name of a family, a counter's without `_total`, and the unit that the name ends in; empty where there is none. */
export function familyName(name: string, unit: string, type: FamilyType): { name: string; unit: string } {
  const word = unitWord(unit, type === 'gauge')
  const whole = legal(name, /[^a-zA-Z0-9_:]+/g)
  const base = type === 'counter' ? withoutTotal(whole) : whole
  // OpenMetrics wants a name to be more than its unit, and refuses all that is served otherwise.
  if (word === '' || base === word) return { name: base, unit: '' }
  return { name: base.endsWith(`_${word}`) ? base : `${base}_${word}`, unit: word }
}

/** A counter's name without the suffix that each of its samples has anyway. */
function withoutTotal(name: string): string {
  return name.endsWith('_total') ? name.slice(0, -'_total'.length) : name
}

/** The name of a label. */
export function labelName(key: string): string {
  return legal(key, /[^a-zA-Z0-9_]+/g)
}

function legal(name: string, illegal: RegExp): string {
  const replaced = name.replace(illegal, '_').replace(/_{2,}/g, '_')
  return /^\d/.test(replaced) || replaced === '' ? `_${replaced}` : replaced
}

function unitWord(unit: string, isGauge: boolean): string {
  // What stands in braces is a remark: `{request}`, `{packet}/s`.
  const plain = unit.replace(/\{[^}]*\}/g, '').trim()
  if (plain === '1') return isGauge ? 'ratio' : ''
  const [of = '', per] = plain.split('/', 2)
  const perWord = per === undefined ? '' : word(per, PER_UNITS)
  return [word(of, UNITS), perWord && `per_${perWord}`].filter((part) => part !== '').join('_')
}

function word(unit: string, words: ReadonlyMap<string, string>): string {
  return words.get(unit) ?? unit.replace(/[^a-zA-Z0-9]+/g, '_').replace(/^_+|_+$/g, '')
}
