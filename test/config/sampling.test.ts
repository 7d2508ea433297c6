import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configOf, reading } from './reading.js'

test('rules are read with all that they can have', () => {
  const { rules } = configOf({
    AUTOSPAN_SAMPLING_RULES: 'GET /health*=0; /admin/*=1;; host=internal =0.1; name=cron* tenant=a=b=.5 ;*=10/s',
  }).traces.sampling
  assert.deepEqual(rules, [
    { method: 'GET', path: '/health*', attributes: [], rate: { share: 0 } },
    { method: undefined, path: '/admin/*', attributes: [], rate: { share: 1 } },
    { method: undefined, path: undefined, attributes: [['host', 'internal']], rate: { share: 0.1 } },
    {
      method: undefined,
      path: undefined,
      attributes: [
        ['name', 'cron*'],
        ['tenant', 'a=b'],
      ],
      rate: { share: 0.5 },
    },
    { method: undefined, path: undefined, attributes: [], rate: { perSecond: 10 } },
  ])
})

for (const [variable, text, line] of [
  ['AUTOSPAN_SAMPLING_RULES', '/a', '"/a", which has no rate: =0.1, or =10/s; it is ignored'],
  ['AUTOSPAN_SAMPLING_RULES', '/a=2', 'neither a number from 0 to 1 nor one like 10/s; it is ignored'],
  ['AUTOSPAN_SAMPLING_RULES', '/a=-1/s; *=1', 'nor one like 10/s; using 1 rule of it'],
  ['AUTOSPAN_SAMPLING_RULES', '=1', 'has no condition: * is for all; it is ignored'],
  ['AUTOSPAN_SAMPLING_RULES', 'health=1', 'has the condition "health"'],
  ['AUTOSPAN_SAMPLING_RULES', '*a*b*c*d*e=1', 'has more than 4 stars'],
  ['AUTOSPAN_SAMPLING_RULES', `/${'a'.repeat(200)}=1`, 'is longer than 200 characters'],
  ['AUTOSPAN_KEEP', 'error', '"error", which is neither errors nor slow:<milliseconds>; it is ignored'],
  ['AUTOSPAN_KEEP', 'errors,slow', 'using errors'],
  ['AUTOSPAN_CALLERS', 'no', 'is not known (known are obey, ignore, link); using obey'],
  ['AUTOSPAN_TRUSTED_CALLERS', '10.0.0.0/33,::1', 'using ::1'],
] as const) {
  test(`${variable}=${text.slice(0, 30)} is told in one line`, () => {
    const { lines } = reading({ [variable]: text })
    assert.equal(lines.length, 1)
    assert.ok(lines[0]?.startsWith(`${variable}=`) && lines[0].includes(line), lines[0])
  })
}

test('what is kept, and whose decisions count', () => {
  const { keep, callers } = configOf({
    AUTOSPAN_KEEP: 'Errors, slow:1000',
    AUTOSPAN_KEEP_MAX_SPANS: '5',
    AUTOSPAN_CALLERS: 'LINK',
    AUTOSPAN_TRUSTED_CALLERS: '10.0.0.0/8, ::1',
  }).traces.sampling
  assert.deepEqual(keep, { errors: true, slowMillis: 1000, maxSpans: 5 })
  assert.deepEqual(callers, { policy: 'link', trusted: ['10.0.0.0/8', '::1'] })
})

for (const [argument, remote, problem] of [
  [undefined, {}, undefined],
  ['endpoint=http://j:5778', { endpoint: 'http://j:5778/' }, undefined],
  ['pollingIntervalMs=10,initialSamplingRate=0.5', { pollingIntervalMillis: 10, initialShare: 0.5 }, undefined],
  ['endpoint=j:5778', { endpoint: 'http://j:5778/' }, 'its endpoint has no scheme'],
  ['pollingIntervalMs=0', {}, 'its pollingIntervalMs is not'],
  ['initialSamplingRate=2,x=y', {}, 'its initialSamplingRate is not a number from 0 to 1, and it holds "x=y"'],
  ['0.5', {}, 'is no argument of jaeger_remote; it is ignored'],
  ['http://j:5778', {}, 'is no argument of jaeger_remote; it is ignored'],
] as const) {
  test(`jaeger_remote with ${argument}`, () => {
    const { config, lines } = reading({ OTEL_TRACES_SAMPLER: 'jaeger_remote', OTEL_TRACES_SAMPLER_ARG: argument })
    const usual = { endpoint: 'http://localhost:5778', pollingIntervalMillis: 60_000, initialShare: 0.001 }
    assert.deepEqual(config.traces.sampling.remote, { ...usual, ...remote })
    assert.equal(lines.length, problem === undefined ? 0 : 1)
    if (problem !== undefined) assert.ok(lines[0]?.includes(problem), lines[0])
  })
}

test('a ratio sampler takes no settings of another', () => {
  const { config, lines } = reading({
    OTEL_TRACES_SAMPLER: 'traceidratio',
    OTEL_TRACES_SAMPLER_ARG: 'endpoint=http://j',
  })
  assert.equal(config.traces.sampling.share, 1)
  assert.equal(lines.length, 1)
})
