/*
 * What the agent costs in things that can be counted, and are the same however busy the machine is. A test fails where
 * a figure is exceeded by more than TOLERANCE. A change that is worth more, or that makes less of it needed, restates
 * the figures here: `AUTOSPAN_FIGURES=1 node test/run.mjs cost/` prints what it has measured, on each line of Node.js
 * with AUTOSPAN_TEST_NODE. As measured on 2026-11-21.
 */

/** Figures repeat within 1 % in most runs, and within 7 % in the others. */
export const TOLERANCE = 1.12

/** Of programs whose requests are measured, one by one, on one connection. */
export const CASES = {
  'hello, sampled': { app: 'hello.cjs', path: '/', env: {} },
  'hello, sampled out': { app: 'hello.cjs', path: '/', env: { OTEL_TRACES_SAMPLER: 'always_off' } },
  'express, sampled': { app: 'express.cjs', path: '/users/7', env: {} },
  'express, sampled out': { app: 'express.cjs', path: '/users/7', env: { OTEL_TRACES_SAMPLER: 'always_off' } },
} as const

export type Case = keyof typeof CASES

/**
 * Bytes that the agent allocates for a request: those of the program with it, less those without, in code that is not
 * optimised, for what the optimising compiler leaves out depends on when it runs. By the line of Node.js.
 */
export const BYTES: Readonly<Record<Case, Readonly<Record<number, number>>>> = {
  'hello, sampled': { 20: 4781, 22: 4187, 24: 4307, 26: 4194 },
  'hello, sampled out': { 20: 3004, 22: 2685, 24: 2807, 26: 2696 },
  'express, sampled': { 20: 5660, 22: 5159, 24: 4868, 26: 4762 },
  'express, sampled out': { 20: 3908, 22: 3536, 24: 3274, 26: 3166 },
}

/** How often a request calls what is dear; below one for what many requests share. `run` of newer lines calls another. */
export const CALLS: Readonly<Record<'sampled' | 'sampled out', Readonly<Record<string, number>>>> = {
  sampled: { clock: 3.4, context: 4, store: 3, random: 0, timer: 0, tick: 0, define: 0, regexp: 0.35 },
  'sampled out': { clock: 3, context: 4, store: 3, random: 0, timer: 0, tick: 0, define: 0, regexp: 0.35 },
}

/** Bytes of what a start reads, and of what the first span adds. */
export const SIZES = {
  'dist/agent.cjs': 106_880,
  'dist/disabled.cjs': 1428,
  'dist/lazy/pipeline.cjs': 137_128,
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
export const INSTALLED = { bytes: 1_961_040, packages: 3 }

/** That of the newest known line for one that is not known. */
export function forLine(figures: Readonly<Record<number, number>>, line: number): number {
  return figures[line] ?? figures[26] ?? 0
}
