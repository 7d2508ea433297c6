import type { Socket } from 'node:net'
import type { RemoteSamplerConfig, SamplerName, SamplingConfig } from './config/config.js'
import { addCounters } from './diag/counters.js'
import { StrategyPoll } from './export/strategy-poll.js'
import type { HttpConnection } from './export/transport/http-connection.js'
import { TraceState } from './propagation/trace-state.js'
import type { Resource } from './resource/resource.js'
import { Decider } from './trace/decider.js'
import { firstOf, type HeadSampler, probability } from './trace/head.js'
import { Keeper, type KeepSettings } from './trace/held.js'
import { ruleSampler } from './trace/rules.js'
import type { SpanProcessor } from './trace/span.js'
import { Strategies } from './trace/strategies.js'

/** A decider, and the end of what asks for its strategies. */
export interface StoppableDecider {
  readonly decider: Decider
  readonly end: () => void
}

/**
 * All of sampling that is more than a yes or no to every trace: shares, rules, strategies from afar, callers that are
 * not obeyed, and traces that are kept for how they end. Loaded where something of it is asked for.
 *
 * @param open the agent's own client
 */
export function createDecider(
  { rules, keep, callers, sampler, share, remote }: SamplingConfig,
  resource: Resource,
  open: (socket: Socket) => HttpConnection,
): StoppableDecider {
  const asked = remote === undefined ? undefined : askForStrategies(remote, resource, open)
  const own = asked?.strategies ?? ownSampler(sampler, share)
  const decider = new Decider({
    head: firstOf([...rules.map((rule) => ruleSampler(rule)), own]),
    samplesAll: rules.length === 0 && sampler.endsWith('always_on'),
    followsCallers: sampler.startsWith('parentbased_'),
    callers: callers.policy,
    isTrusted: addressTest(callers.trusted),
    holds: keep !== undefined,
    emptyState: new TraceState(),
  })
  return { decider, end: () => asked?.poll.stop() }
}

function askForStrategies(
  remote: RemoteSamplerConfig,
  { attributes }: Resource,
  open: (socket: Socket) => HttpConnection,
): { strategies: Strategies; poll: StrategyPoll } {
  const strategies = new Strategies(remote.initialShare)
  const service = String(attributes[attributes.indexOf('service.name') + 1])
  const poll = new StrategyPoll(remote, service, (answer) => strategies.replace(answer), open)
  poll.start()
  return { strategies, poll }
}

function ownSampler(sampler: SamplerName, share: number): HeadSampler {
  if (sampler.endsWith('always_on')) return { decide: () => ({ sampled: true, threshold: undefined }) }
  return probability(sampler.endsWith('always_off') ? 0 : share)
}

/** Holds what is not sampled until it is known whether it matters. */
export function createKeeper(settings: KeepSettings, next: SpanProcessor): Keeper {
  const keeper = new Keeper(settings, next)
  const add = (state: string, isMonotonic: boolean, read: () => number) =>
    addCounters({ name: `autospan.keep.${state}`, isMonotonic, unit: '{span}', attributes: {}, read })
  add('held', false, () => keeper.size)
  add('kept', true, () => keeper.kept)
  add('missed', true, () => keeper.missed)
  return keeper
}

/** Whether an address is one of those listed, or in one of the networks; what is neither was told and left out. */
function addressTest(listed: readonly string[]): (address: string) => boolean {
  const { BlockList, isIPv6 } = process.getBuiltinModule('node:net')
  const list = new BlockList()
  for (const entry of listed) {
    const [address = '', bits] = entry.split('/')
    const family = isIPv6(address) ? 'ipv6' : 'ipv4'
    if (bits === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(bits), family)
  }
  return (address) => {
    const plain = address.replace(/^::ffff:(?=\d+\.)/i, '')
    return list.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4')
  }
}
