import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { guard } from '../../src/instrumentation/guard.js'
import { clearInterval, type Kit, setInterval } from '../../src/instrumentation/kit.js'
import { served } from '../../src/instrumentation/message.js'
import { DelaySamples } from './delay-samples.js'

/** From one sample to the next. */
const SAMPLE_MILLIS = 50
/** How often it is asked whether a loop that samples are taken of still has anything to do. */
const LOOK_MILLIS = 1000
/** How often an idle loop is asked. Each time wakes it, for 0.2 to 0.6 ms of CPU. */
const IDLE_LOOK_MILLIS = 5000
/** A loop that was active for less of the time since the last look is idle. The samples themselves take up to 0.3 %. */
const IDLE_SHARE = 0.02
/** A loop that was active for less of `SAMPLE_MILLIS` has done nothing but take a sample. */
const QUIET_MILLIS = 1
/** Published by node:http for each request, before its server has it. */
const REQUEST_CHANNEL = 'http.server.request.start'

/**
 * How late the timers of this thread's event loop are, by a sample each 50 ms. An idle loop is left alone, for a sample
 * would wake it only to find it on time: these count as 0 and are not taken. The next request has them taken again at
 * once, until there are no more requests; and whatever else keeps the loop active within 5 seconds, until it is idle for
 * one, as after requests that nobody counts.
 */
export class LoopDelay {
  readonly #kit: Kit
  /** Node's own: programs under test put another one in its place. */
  readonly #performance = process.getBuiltinModule('node:perf_hooks').performance
  readonly #onTick: (millis: number) => void
  readonly #onRequest: () => void
  readonly #onUncounted: () => void
  readonly #watchers: DelaySamples[] = []
  #timer: NodeJS.Timeout
  /** When the next sample or look is due. On the monotonic clock, as all times here. */
  #dueMillis = 0
  #lookedAtMillis = 0
  /** For how long the loop had been active at the last look, and at the last sample, in milliseconds. */
  #lookActive = 0
  #sampleActive = 0
  /** How many requests had been begun before the one that samples are taken for; undefined where they are taken for others. */
  #begunBefore: number | undefined = 0
  /** Up to when samples that are not taken have been counted; undefined where they are taken. */
  #idleSinceMillis: number | undefined = undefined
  #isListening = false

  constructor(kit: Kit) {
    this.#kit = kit
    const place = kit.place('event loop delay')
    this.#onTick = guard(place, (millis: number) => this.#tick(millis))
    this.#onRequest = guard(place, () => this.#wake(served.begun))
    this.#onUncounted = guard(place, () => {
      if (served.areCounted) unsubscribe(REQUEST_CHANNEL, this.#onUncounted)
      else this.#wake(undefined)
    })
    this.#timer = this.#every(SAMPLE_MILLIS)
  }

  /** Gets each sample from now on. */
  watch(): DelaySamples {
    const samples = new DelaySamples()
    this.#watchers.push(samples)
    return samples
  }

  /** Counts the samples that an idle loop was spared until now. */
  countIdle(): void {
    if (this.#idleSinceMillis === undefined) return
    const count = Math.floor((this.#kit.now() - this.#idleSinceMillis) / SAMPLE_MILLIS)
    this.#idleSinceMillis += count * SAMPLE_MILLIS
    for (const samples of this.#watchers) samples.addOnTime(count)
  }

  #every(millis: number): NodeJS.Timeout {
    this.#lookedAtMillis = this.#kit.now()
    this.#lookActive = this.#performance.eventLoopUtilization().active
    this.#dueMillis = this.#lookedAtMillis + millis
    return this.#kit.runUnbound(setInterval<[]>, undefined, [() => this.#onTick(millis), millis]).unref()
  }

  #tick(millis: number): void {
    const nowMillis = this.#kit.now()
    this.countIdle()
    for (const samples of this.#watchers) samples.add(nowMillis - this.#dueMillis)
    this.#dueMillis = nowMillis + millis
    const { active } = this.#performance.eventLoopUtilization()
    const sinceLook = nowMillis - this.#lookedAtMillis
    const isLook = this.#idleSinceMillis !== undefined || sinceLook >= LOOK_MILLIS
    const isIdle = isLook
      ? active - this.#lookActive < IDLE_SHARE * sinceLook
      : this.#isDone(active - this.#sampleActive)
    this.#sampleActive = active
    if (isLook) {
      this.#lookedAtMillis = nowMillis
      this.#lookActive = active
    }
    if (isIdle) this.#sleep()
    else if (isLook) this.#wake(undefined)
  }

  /** Whether samples were taken for requests only, and these are over: so says the first one that finds the loop quiet. */
  #isDone(activeMillis: number): boolean {
    if (activeMillis >= QUIET_MILLIS || this.#begunBefore === undefined) return false
    return served.begun > this.#begunBefore && served.begun === served.ended
  }

  #sleep(): void {
    if (this.#idleSinceMillis !== undefined) return
    clearInterval(this.#timer)
    this.#timer = this.#every(IDLE_LOOK_MILLIS)
    this.#idleSinceMillis = this.#kit.now()
    served.onNext = this.#onRequest
    if (!served.areCounted) this.#listen()
  }

  /**
   * Once, and for as long as requests are not counted: with a channel's first listener, and without its last one, V8
   * throws away Node's code that asks for them.
   */
  #listen(): void {
    if (this.#isListening) return
    this.#isListening = true
    subscribe(REQUEST_CHANNEL, this.#onUncounted)
  }

  /** `begunBefore` is undefined where it is not for a request. */
  #wake(begunBefore: number | undefined): void {
    if (this.#idleSinceMillis === undefined) return
    this.countIdle()
    this.#idleSinceMillis = undefined
    this.#begunBefore = begunBefore
    served.onNext = undefined
    clearInterval(this.#timer)
    this.#timer = this.#every(SAMPLE_MILLIS)
  }
}
