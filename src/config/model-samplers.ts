import type { Section } from './section.js'

/** How samplers are named that obey a parent. */
const PARENT_BASED = 'parentbased_'

/** Whom a parent-based sampler asks, and the one answer that there is. */
const PARENT_SAMPLERS = [
  { key: 'remote_parent_sampled', usual: 'always_on' },
  { key: 'remote_parent_not_sampled', usual: 'always_off' },
  { key: 'local_parent_sampled', usual: 'always_on' },
  { key: 'local_parent_not_sampled', usual: 'always_off' },
] as const

/** @param prefix `parentbased_` within a sampler of that kind */
export function readSampler(sampler: Section, prefix: '' | typeof PARENT_BASED = ''): void {
  for (const key of sampler.keys) {
    switch (key.replace('/development', '')) {
      case 'always_on':
      case 'always_off':
        sampler.get(key)
        sampler.set('OTEL_TRACES_SAMPLER', `${prefix}${key}`, key)
        break
      case 'trace_id_ratio_based':
      case 'probability':
        sampler.set('OTEL_TRACES_SAMPLER', `${prefix}traceidratio`, key)
        sampler.section(key, (ratio) => ratio.variable('ratio', 'OTEL_TRACES_SAMPLER_ARG'))
        break
      case 'jaeger_remote':
        sampler.set('OTEL_TRACES_SAMPLER', `${prefix}jaeger_remote`, key)
        sampler.section(key, (remote) => readRemote(sampler, remote, key))
        break
      case 'parent_based':
        sampler.section(key, readParentBased)
        break
      case 'composite':
        sampler.section(key, (composite) => readSampler(composite, prefix))
        break
      // These two are members of a composite sampler.
      case 'parent_threshold':
        sampler.section(key, readParentBased)
        break
      case 'rule_based':
        sampler.section(key, (ruleBased) => readRules(ruleBased, prefix))
        break
      default:
        sampler.unsupported(key)
    }
  }
}

function readParentBased(parent: Section): void {
  parent.set('OTEL_TRACES_SAMPLER', `${PARENT_BASED}always_on`)
  parent.section('root', (root) => readSampler(root, PARENT_BASED))
  for (const { key, usual } of PARENT_SAMPLERS) {
    parent.section(key, (section) => {
      if (section.keys.length !== 1 || section.get(usual) === undefined) section.complain('is not supported')
      for (const key of section.keys) section.get(key)
    })
  }
}

function readRemote(sampler: Section, remote: Section, key: string): void {
  const given: string[] = []
  const add = (name: string, text: string | undefined): void => {
    if (text !== undefined) given.push(`${name}=${text}`)
  }
  add('endpoint', remote.text('endpoint'))
  add('pollingIntervalMs', remote.setting('interval'))
  remote.section('initial_sampler', (initial) => add('initialSamplingRate', shareOf(initial)))
  if (given.length > 0) sampler.set('OTEL_TRACES_SAMPLER_ARG', given.join(','), key)
}

/** The share of a sampler that is nothing but one; undefined, and told, for another. */
function shareOf(sampler: Section): string | undefined {
  let share: string | undefined
  for (const key of sampler.keys) {
    switch (key.replace('/development', '')) {
      case 'always_on':
      case 'always_off':
        sampler.get(key)
        share = key === 'always_on' ? '1' : '0'
        break
      case 'trace_id_ratio_based':
      case 'probability':
        sampler.section(key, (ratio) => {
          share = ratio.setting('ratio') ?? '1'
        })
        break
      default:
        sampler.unsupported(key)
    }
  }
  return share
}

/** Rules as `AUTOSPAN_SAMPLING_RULES` has them: of a trace they see what its first span begins with. */
function readRules(ruleBased: Section, prefix: string): void {
  const rules: string[] = []
  ruleBased.list('rules', (rule) => rules.push(...readRule(rule, prefix)))
  // What no rule is for is dropped.
  ruleBased.set('OTEL_TRACES_SAMPLER', `${prefix}always_off`)
  if (rules.length > 0) ruleBased.set('AUTOSPAN_SAMPLING_RULES', rules.join(';'), 'rules')
}

/** One rule for each of the values that are alternatives; none, and one line, where the rule cannot be followed. */
function readRule(rule: Section, prefix: string): string[] {
  let conditions: string[] | undefined
  let share: string | undefined
  rule.section('attribute_values', (wanted) => {
    conditions = alternatives(wanted, 'values', /[\s;*]/)
  })
  rule.section('attribute_patterns', (wanted) => {
    const patterns = alternatives(wanted, 'included', /[\s;?]/)
    conditions = conditions?.flatMap((condition) => patterns.map((pattern) => `${condition} ${pattern}`)) ?? patterns
    if (wanted.get('excluded') !== undefined) conditions = []
    wanted.unsupported('excluded')
  })
  if (rule.get('span_kinds') !== undefined) conditions = []
  rule.unsupported('span_kinds')
  const parents = rule.text('parent')?.split(',')
  // Rules are for traces that begin here, and without a parent-based sampler for those that callers have begun too.
  if (parents !== undefined && !(parents.includes('none') && (prefix !== '' || parents.includes('remote')))) {
    conditions = []
    rule.unsupported('parent')
  }
  const hasSampler = rule.section('sampler', (sampler) => {
    share = shareOf(sampler)
  })
  if (!hasSampler) rule.complain('has no sampler')
  return share === undefined ? [] : (conditions ?? ['*']).map((condition) => `${condition}=${share}`)
}

/** @param unfit what a value may not have */
function alternatives(wanted: Section, values: string, unfit: RegExp): string[] {
  const key = wanted.text('key') ?? ''
  const listed = wanted.texts(values)
  if (key === 'http.route') wanted.complain('is not known when a trace begins, and url.path is')
  else if (!/^[\w.-]+$/.test(key) || listed.some((value) => value === '' || unfit.test(value)))
    wanted.complain('cannot be followed')
  else return listed.map((value) => `${key}=${value}`)
  return []
}
