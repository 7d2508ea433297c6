import assert from 'node:assert/strict'
import { test } from 'node:test'
import { trace } from './draw.js'
import { type TraceOptions, traceOf } from './program.js'

/** What is asked of a server about one thing, and what is to be traced: one trace for each request. */
export interface Table {
  readonly about: string
  readonly requests: NonNullable<TraceOptions['requests']>
  readonly drawn: string
}

/** A test for each table. The server is started once, with the first of them, and asked all that is in the tables. */
export function testTables(
  tables: readonly Table[],
  app: string,
  env: Readonly<Record<string, string>>,
  { title, ...options }: Omit<TraceOptions, 'requests'> & { readonly title: (about: string) => string },
): void {
  const all = tables.flatMap(({ requests }) => requests)
  let asked: Promise<string[]> | undefined
  let before = 0
  for (const { about, requests, drawn } of tables) {
    const from = before
    before += requests.length
    test(title(about), async () => {
      asked ??= traceOf(app, env, { ...options, requests: all }).then((drawing) => drawing.trim().split('\n\n'))
      const traces = await asked
      assert.equal(traces.length, all.length, traces.join('\n\n'))
      const own = traces.slice(from, from + requests.length)
      assert.equal(trace`${own.join('\n\n')}`, drawn)
    })
  }
}
