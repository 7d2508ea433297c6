/*
 * How names and units of OpenTelemetry are written for Prometheus: compatibility/prometheus_and_openmetrics.md of the
 * specification, by its default strategy, UnderscoreEscapingWithSuffixes.
 */

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

/** The name of a family without `_total`, and its unit, which may be empty. */
export function familyName(name: string, unit: string, isGauge: boolean): { name: string; unit: string } {
  const word = unitWord(unit, isGauge)
  const base = legal(name, /[^a-zA-Z0-9_:]+/g)
  if (word === '' || base === word || base.endsWith(`_${word}`)) return { name: base, unit: word }
  return { name: `${base}_${word}`, unit: word }
}

/** A counter's name without the suffix that each of its samples has anyway. */
export function withoutTotal(name: string): string {
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
