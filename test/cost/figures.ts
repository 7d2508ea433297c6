/*
 * What the agent costs in things that can be counted, and are the same however busy the machine is. A test fails where
 * a figure is exceeded by more than TOLERANCE. A change that is worth more, or that makes less of it needed, restates
 * the figures here: `AUTOSPAN_FIGURES=1 node test/run.mjs cost/` prints what it has measured, on each line of Node.js
 * with AUTOSPAN_TEST_NODE. As measured on 2026-11-22.
 */

/** Figures repeat within 1 % in most runs, and within 7 % in the others. */
export const TOLERANCE = 1.12

const SAMPLED = {}
const SAMPLED_OUT = { OTEL_TRACES_SAMPLER: 'always_off' }

/**
 * Of programs whose requests are measured, one by one, on one connection; `peer` is whom they ask for each. So many requests
 * make whole batches of 512 spans, and less garbage than the young generation holds.
 */
export const CASES = {
  'hello, sampled': { app: 'hello.cjs', path: '/', peer: undefined, requests: 1024, env: SAMPLED },
  'hello, sampled out': { app: 'hello.cjs', path: '/', peer: undefined, requests: 1024, env: SAMPLED_OUT },
  'express, sampled': { app: 'express.cjs', path: '/users/7', peer: undefined, requests: 1024, env: SAMPLED },
  'express, sampled out': { app: 'express.cjs', path: '/users/7', peer: undefined, requests: 1024, env: SAMPLED_OUT },
  'pg, sampled': { app: 'pg.cjs', path: '/', peer: 'postgres', requests: 1024, env: SAMPLED },
  'http client, sampled': { app: 'http-client.cjs', path: '/', peer: 'http', requests: 1024, env: SAMPLED },
  'fetch, sampled': { app: 'fetch.cjs', path: '/', peer: 'http', requests: 256, env: SAMPLED },
} as const

export type Case = keyof typeof CASES

/**
 * Bytes that the agent allocates for a request: those of the program with it, less those without, in code that is not
 * optimised, for what the optimising compiler leaves out depends on when it runs. By the line of Node.js.
 */
export const BYTES: Readonly<Record<Case, Readonly<Record<number, number>>>> = {
  'hello, sampled': { 20: 4311, 22: 3729, 24: 3658, 26: 3500 },
  'hello, sampled out': { 20: 2587, 22: 2202, 24: 2144, 26: 1984 },
  'express, sampled': { 20: 5032, 22: 4587, 24: 4130, 26: 3970 },
  'express, sampled out': { 20: 3386, 22: 3050, 24: 2611, 26: 2451 },
  'pg, sampled': { 20: 9362, 22: 8809, 24: 7180, 26: 7017 },
  'http client, sampled': { 20: 9859, 22: 8997, 24: 8583, 26: 8425 },
  'fetch, sampled': { 20: 31_812, 22: 31_228, 24: 11_198, 26: 12_072 },
}

const NEITHER = { random: 0, timer: 0, tick: 0, define: 0 }
const SERVED = { ...NEITHER, clock: 2.4, context: 1, store: 3, regexp: 0.35 }
const SERVED_OUT = { ...NEITHER, clock: 2, context: 1, store: 3, regexp: 0.3 }

/**
 * How often a request calls what is dear; below one for what many requests share. `context` and `store` are the methods of
 * AsyncLocalStorage, which the agent passes by on newer lines.
 */
export const CALLS: Readonly<Record<Case, Readonly<Record<string, number>>>> = {
  'hello, sampled': SERVED,
  'hello, sampled out': SERVED_OUT,
  'express, sampled': SERVED,
  'express, sampled out': SERVED_OUT,
  'pg, sampled': { ...SERVED, clock: 6.4, store: 5, regexp: 0.5 },
  // Node.js checks the names and values of headers by regular expressions.
  'http client, sampled': { ...SERVED, clock: 4.5, store: 7, regexp: 4.5 },
  // In a context Node.js 24 and 26 have streams tell of their ends in it, which the fewer calls of 20 and 22 do not show.
  'fetch, sampled': { ...SERVED, clock: 5.6, context: 6, store: 4, regexp: 2.5 },
}

/** Bytes of what a start reads, and of what the first span adds. */
export const SIZES = {
  'dist/agent.cjs': 110_976,
  'dist/disabled.cjs': 1428,
  'dist/lazy/pipeline.cjs': 141_545,
}

/**
 * Built-in modules that a program which serves HTTP has loaded by its first line, and a worker thread by its own, and would
 * not have without the agent. In CommonJS most are of Node's loader of ES modules, which comes with `--import`.
 */
export const BUILTINS: Readonly<Record<'cjs' | 'mjs' | 'thread', Readonly<Record<number, number>>>> = {
  cjs: { 20: 22, 22: 15, 24: 6, 26: 5 },
  mjs: { 20: 1, 22: 2, 24: 3, 26: 3 },
  thread: { 20: 23, 22: 16, 24: 14, 26: 5 },
}

/** A production install: bytes with its dependencies, and how many of these there are. */
export const INSTALLED = { bytes: 2_016_590, packages: 3 }

/** That of the newest known line for one that is not known. */
export function forLine(figures: Readonly<Record<number, number>>, line: number): number {
  return figures[line] ?? figures[26] ?? 0
}
