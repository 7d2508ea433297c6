import assert from 'node:assert/strict'
import type { DecodedSpan } from './otlp-decode.js'
import type { Owner } from './owner.js'
import { type Server, start } from './program.js'
import { type Sink, startSink } from './sink.js'

/** A path, and what is to be seen of its error: the status, and the exception's type and message for one of the server. */
export type Failure = readonly [path: string, status: number, type?: string, message?: string]

/** Asks a program with the agent, which goes on, and one without; they must answer alike. */
export async function askBoth(
  owner: Owner,
  app: string,
  failures: readonly Failure[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly sink: Sink; readonly server: Server }> {
  const sink = await startSink(owner)
  const bare = await start(owner, app, { env, agent: false })
  const traced = await start(owner, app, { env: { ...env, ...sink.env } })
  for (const [path, status] of failures) {
    const [response, expected] = [await fetch(traced.url + path), await fetch(bare.url + path)]
    assert.equal(response.status, status)
    assert.equal(await response.text(), await expected.text())
  }
  return { sink, server: traced }
}

/** Each is on its span, once; what is no error of the server is none of its span. */
export function assertTold(failures: readonly Failure[], spans: readonly DecodedSpan[]): void {
  const told = spans.map(({ attributes, status, events }) => [
    attributes['url.path'],
    attributes['http.response.status_code'],
    attributes['error.type'],
    status,
    events.filter(({ name }) => name === 'exception').map(({ attributes }) => attributes['exception.message']),
  ])
  for (const [i, [path, status, type, message]] of failures.entries()) {
    const isError = type !== undefined
    const expected = isError ? { code: 2, message } : { code: 0, message: '' }
    assert.deepEqual(told[i], [path, status, type, expected, isError ? [message] : []])
  }
}
