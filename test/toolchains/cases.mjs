// What test/toolchains.mjs runs: TypeScript loaders, commands that start programs, and test runners. Without `lines` on
// each line of Node.js.
import { trace } from '../../dist/test/harness/draw.js'

const NOT_20 = [22, 24, 26]

/**
 * Loaders of TypeScript, each with a program: `flags` for Node.js, or the `bin` of a package that takes the program.
 * The agent comes by `agent`, before these flags and behind them; a `bin` has it by NODE_OPTIONS.
 */
export const LOADERS = [
  { name: "Node's own, ES module", file: 'esm/shop.ts', lines: NOT_20 },
  { name: "Node's own, .mts", file: 'esm/shop.mts', lines: NOT_20 },
  { name: "Node's own, package without a type", file: 'cjs/shop.ts', lines: NOT_20 },
  // Node.js 22 fails at some graphs of CommonJS modules below a .cts with any --import.
  { name: "Node's own, .cts", file: 'cjs/shop.cts', lines: [24, 26] },
  { name: "Node's own, .cts", file: 'cjs/shop.cts', lines: [22], agent: '--require' },

  { name: 'tsx, ES module', file: 'esm/shop.ts', flags: ['--import', 'tsx'] },
  { name: 'tsx, CommonJS', file: 'cjs/shop.ts', flags: ['--import', 'tsx'] },
  { name: 'tsx/esm', file: 'esm/shop.ts', flags: ['--import', 'tsx/esm'] },
  ...required('tsx/cjs', 'tsx/cjs'),
  { name: 'the command tsx, ES module', file: 'esm/shop.ts', bin: 'tsx/dist/cli.mjs' },
  { name: 'the command tsx, CommonJS', file: 'cjs/shop.ts', bin: 'tsx/dist/cli.mjs' },

  ...required('ts-node/register', 'ts-node/register'),
  { name: 'ts-node/esm by --loader', file: 'esm/shop.ts', flags: ['--no-warnings', '--loader', 'ts-node/esm'] },
  { name: 'ts-node/esm by register()', file: 'esm/shop.ts', flags: ['--no-warnings', '--import', './ts-node.mjs'] },
  { name: 'the command ts-node', file: 'cjs/shop.ts', bin: 'ts-node/dist/bin.js', lines: NOT_20 },
  { name: 'the command ts-node', file: 'cjs/shop.ts', bin: 'ts-node/dist/bin.js', lines: [20], agent: '--require' },

  ...required('@swc-node/register', '@swc-node/register'),
  {
    name: '@swc-node/register, ES module',
    file: 'esm/shop.ts',
    flags: ['--import', '@swc-node/register/esm-register'],
  },
  ...required('esbuild-register', 'esbuild-register'),
  ...required('@babel/register', './babel.cjs'),
]

/** With any --import, Node.js 20 loads the program as an ES module, where files of these loaders are not known. */
function required(name, module) {
  const flags = ['--require', module]
  return [
    { name, file: 'cjs/shop.ts', flags, lines: NOT_20 },
    { name, file: 'cjs/shop.ts', flags, lines: [20], agent: '--require' },
  ]
}

/** Commands that only start the program: the agent stays out of them. */
export const STARTERS = [
  { name: 'cross-env', file: 'cjs/shop.ts', bin: 'cross-env/dist/bin/cross-env.js', args: ['SHOP=1', 'tsx'] },
  {
    name: 'nodemon',
    file: 'cjs/shop.ts',
    bin: 'nodemon/bin/nodemon.js',
    args: ['--quiet', '--exitcrash', '--exec', 'tsx'],
  },
]

const ROUTED = trace`
  GET                CLIENT 200
    GET /items/:item SERVER 200
`
/** In contexts of node:vm libraries are loaded by the runner, and not by Node.js. */
const UNROUTED = trace`
  GET   CLIENT 200
    GET SERVER 200
`

/** With two files of tests, of which half fail; `<fresh>` is an empty folder. */
export const RUNNERS = [
  node('node --test', ['--test']),
  node('node --test, TAP', ['--test', '--test-reporter=tap']),
  node('node --test, coverage', ['--test', '--experimental-test-coverage']),
  // Only here are tests run by the process that the user starts.
  node('node --test, one process', ['--test', '--test-isolation=none'], { lines: [24, 26], isSilent: false }),

  vitest('forks'),
  vitest('threads'),
  // vitest itself fails at some packages of this test on Node.js 20.
  vitest('vmThreads', { lines: NOT_20, trace: UNROUTED }),
  vitest('vmForks', { lines: NOT_20, trace: UNROUTED }),

  mocha('mocha', ['*.test.cjs']),
  mocha('mocha, ES modules', ['*.test.mjs']),
  mocha('mocha --parallel', ['--parallel', '*.test.cjs']),

  // Files are given to workers whose times are not known yet.
  jest('jest', ['--maxWorkers=2', '--cacheDirectory=<fresh>', 'cjs$']),
  jest('jest, ES modules', ['--runInBand', 'mjs$'], { options: '--experimental-vm-modules --no-warnings' }),
  jest('jest --detectOpenHandles', ['--detectOpenHandles', 'cjs$']),
  jest('jest --detectOpenHandles, one left open', ['--detectOpenHandles', '--forceExit', 'cjs$'], {
    env: { LEAVES_OPEN: '1' },
  }),
]

/** What stands before test/apps/toolchains/selling.js, by the runners' folders. */
export const HEADS = {
  // To be done yet, for where a process ends with a failure, Node.js tells now and then of one failure more.
  node: `import { test as plan } from 'node:test'
const test = (name, work) => plan(name, { todo: name === 'is out of coffee' }, work)
`,
  vitest: "import { test } from 'vitest'\n",
  mocha: 'const test = it\n',
  jest: '',
}
export const IMPORTS = `import assert from 'node:assert/strict'
import { once } from 'node:events'
import express from 'express'
`
export const REQUIRES = `const assert = require('node:assert/strict')
const { once } = require('node:events')
const express = require('express')
`

function node(name, flags, other) {
  return {
    name,
    folder: 'node',
    code: 0,
    args: [...flags, 'a.test.mjs', 'b.test.mjs'],
    trace: ROUTED,
    isSilent: true,
    ...other,
  }
}

function vitest(pool, other) {
  const args = ['run', `--pool=${pool}`]
  return { name: `vitest, ${pool}`, folder: 'vitest', bin: 'vitest/vitest.mjs', args, code: 1, trace: ROUTED, ...other }
}

function mocha(name, args) {
  return { name, folder: 'mocha', bin: 'mocha/bin/mocha.js', args, code: 2, trace: ROUTED }
}

function jest(name, args, other) {
  return { name, folder: 'jest', bin: 'jest/bin/jest.js', args, code: 1, trace: UNROUTED, ...other }
}
