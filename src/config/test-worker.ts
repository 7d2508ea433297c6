import type { Environment } from './environment.js'

/** What the runners of Node.js, vitest, jest, mocha and tap tell the processes in which they run tests. */
export const TEST_MARKS = ['NODE_TEST_CONTEXT', 'VITEST', 'JEST_WORKER_ID', 'MOCHA_WORKER_ID', 'TAP_CHILD_ID']

/**
 * Whether this is a process in which a test runner runs tests, or one that such a process has started. There are many,
 * and runners make what they write on stderr a part of their own reports, on stdout.
 */
export function isTestWorker(env: Environment): boolean {
  return TEST_MARKS.some((name) => env[name] !== undefined)
}
