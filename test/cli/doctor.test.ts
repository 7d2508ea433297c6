import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { type AddressInfo, createServer as createRawServer, type Server } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { status } from '@grpc/grpc-js'
import { diagnose } from '../../src/cli/doctor.js'
import { temporaryFolder } from '../harness/folder.js'
import { GrpcSink } from '../harness/grpc-sink.js'
import type { Owner } from '../harness/owner.js'
import { atEnd } from '../harness/owner.js'
import { root, run } from '../harness/program.js'
import { projectOf } from '../harness/project.js'
import { ForwardProxy } from '../harness/proxy.js'
import { startSink } from '../harness/sink.js'
import { autospan } from './cli.js'

/** What today's agents are silent about, and the line that names the fault. */
const MISCONFIGURATIONS: readonly (readonly [Record<string, string>, RegExp])[] = [
  [{ OTEL_TRACES_EXPORTER: 'oltp' }, /✗ OTEL_TRACES_EXPORTER="oltp" .*did you mean otlp/],
  [{ OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'htpp' }, /✗ OTEL_NODE_ENABLED_INSTRUMENTATIONS="htpp" .*did you mean http/],
  [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protbuf' }, /✗ OTEL_EXPORTER_OTLP_PROTOCOL="http\/protbuf" .*did you mean/],
  [{ OTEL_TRACES_SAMPLER: 'parentbased_alwayson' }, /✗ OTEL_TRACES_SAMPLER="parentbased_alwayson" is not known/],
  [
    { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '2' },
    /✗ OTEL_TRACES_SAMPLER_ARG="2" is not a number/,
  ],
  [{ OTEL_EXPORTER_OTLP_ENDPIONT: 'x' }, /✗ OTEL_EXPORTER_OTLP_ENDPIONT .*did you mean OTEL_EXPORTER_OTLP_ENDPOINT/],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: '<host>' }, /✗ OTEL_EXPORTER_OTLP_ENDPOINT="127.*has no scheme/],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: '<url>/v1/traces' }, /✗ OTEL_EXPORTER_OTLP_ENDPOINT=.*already ends with v1\/traces/],
  [{ OTEL_PROPAGATORS: 'tracecontxt' }, /✗ OTEL_PROPAGATORS="tracecontxt" .*did you mean tracecontext/],
  [{ OTEL_BSP_SCHEDULE_DELAY: '5s' }, /✗ OTEL_BSP_SCHEDULE_DELAY="5s" is not a whole number/],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' }, /✗ nothing listens at 127\.0\.0\.1:1 \(ECONNREFUSED\)/],
]

test('the doctor names each misconfiguration, and ends with 1', async (t) => {
  const sink = await startSink(t)
  await Promise.all(
    MISCONFIGURATIONS.map(async ([env, fault]) => {
      const given = Object.entries(env).map(([name, value]) => [
        name,
        value.replace('<url>', sink.url).replace('<host>', sink.url.replace('http://', '')),
      ])
      const { stdout, stderr, code } = await autospan(['doctor'], {
        env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, ...Object.fromEntries(given) },
      })
      assert.match(stdout, fault)
      assert.match(stdout, /\n1 problem found: look for ✗ above\.\n$/)
      assert.deepEqual([stderr, code], ['', 1])
    }),
  )
})

test('where all is fine the doctor tells settings, libraries and its span, keeps secrets, and ends with 0', async (t) => {
  const sink = await startSink(t)
  const { stdout, code } = await autospan(['doctor'], {
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: sink.url.replace('http://', 'http://user:secret@'),
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer secret',
      OTEL_SERVICE_NAME: 'shop',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    },
  })
  assert.match(stdout, /✓ the service is called shop\n/)
  assert.match(stdout, /OTEL_SERVICE_NAME +shop +environment\n/)
  assert.match(stdout, /OTEL_EXPORTER_OTLP_TRACES_PROTOCOL +http\/json +from OTEL_EXPORTER_OTLP_PROTOCOL\n/)
  assert.match(stdout, /OTEL_TRACES_SAMPLER +parentbased_always_on +default\n/)
  assert.match(stdout, /✓ express 5\.\d+\.\d+: traced\n/)
  assert.match(stdout, /✓ connected to port \d+ in \d+ ms\n/)
  assert.match(stdout, /\nNo problem found\.\n$/)
  assert.ok(!stdout.includes('secret'))
  assert.equal(code, 0)
  const [span] = await sink.spans(1)
  assert.equal(span?.name, 'autospan doctor')
  assert.equal(span?.attributes['autospan.doctor'], true)
  assert.equal(span?.resource['service.name'], 'shop')
  assert.ok(stdout.includes(`trace ${span?.traceId}`))
  assert.match(stdout, /✓ a test metric was taken: look for autospan\.doctor\n/)
  assert.match(stdout, /✓ a test log record was taken: look for "autospan doctor"\n/)
  assert.equal(sink.metric('autospan.doctor')?.points.length, 1)
  const [record] = sink.logs
  assert.deepEqual([record?.body, record?.resource['service.name']], ['autospan doctor', 'shop'])
})

test('a key that stands where the path of its file belongs is a problem, and not shown', async (t) => {
  const sink = await startSink(t)
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
    OTEL_EXPORTER_OTLP_CLIENT_KEY: '-----BEGIN PRIVATE KEY-----\nsecret',
  }
  const { stdout, code } = await autospan(['doctor'], { env })
  assert.match(stdout, /OTEL_EXPORTER_OTLP_CLIENT_KEY +\(not shown\) +environment\n/)
  assert.match(
    stdout,
    /✗ OTEL_EXPORTER_OTLP_CLIENT_KEY is PEM itself, not the path of a file \(not shown\); it is ignored\n/,
  )
  assert.ok(!stdout.includes('secret'))
  assert.equal(code, 1)
})

/** A collector that answers requests to these paths with 200, and others with 404. */
function taking(owner: Owner, ...paths: readonly string[]): Promise<number> {
  return listening(
    owner,
    createServer((req, res) => res.writeHead(paths.includes(String(req.url)) ? 200 : 404).end()),
  )
}

test('signals that a backend does not take are told, once for all of them', async (t) => {
  const port = await taking(t as never, '/v1/traces')
  const said = await saidOf(`http://127.0.0.1:${port}`)
  assert.match(said, /✓ a test span was taken/)
  assert.match(said, /· metrics go to .*\n {2}✗ .*\/v1\/metrics answered 404.*\n {4}→ .*OTEL_METRICS_EXPORTER=none/)
  assert.match(said, /· log records go to .*\n {2}· the answer is the same\n/)
})

test('log records that are not taken are a problem where some are sent', async (t) => {
  const port = await taking(t as never, '/v1/traces', '/v1/metrics')
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` }
  const { stdout, code } = await autospan(['doctor'], { env })
  assert.match(stdout, /· .*\/v1\/logs answered 404.*it matters to programs only that use the logs API\n/)
  assert.equal(code, 0)
  const said = await saidOf(env.OTEL_EXPORTER_OTLP_ENDPOINT, { AUTOSPAN_LOG_SOURCES: 'pino' })
  assert.match(said, /✗ .*\/v1\/logs answered 404.*\n {4}→ .*OTEL_LOGS_EXPORTER=none/)
})

test('each signal goes its own way', async (t) => {
  const sink = await startSink(t)
  const said = await saidOf(sink.url, {
    OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://127.0.0.1:1/v1/metrics',
    OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: 'http://127.0.0.1:1/v1/logs',
  })
  assert.match(said, /✓ a test span was taken/)
  assert.match(said, /· metrics go to http:\/\/127\.0\.0\.1:1\/.*\n {2}✗ nothing listens at 127\.0\.0\.1:1 /)
  assert.match(said, /· log records go to .*\n {2}· which cannot be reached either\n/)
})

test('the doctor sends its span the way that spans go: by gRPC, and with certificates', async (t) => {
  const sink = await GrpcSink.start(t)
  const grpc = { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_EXPORTER_OTLP_ENDPOINT: sink.url }
  const fine = await autospan(['doctor'], { env: grpc })
  assert.ok(fine.stdout.includes(`· spans go to ${sink.url} as grpc\n`), fine.stdout)
  assert.match(fine.stdout, /✓ a test span was taken: look for "autospan doctor", trace [0-9a-f]{32}\n/)
  assert.equal(fine.code, 0)
  assert.equal(sink.delivered[0]?.name, 'autospan doctor')
  const strange = await autospan(['doctor'], {
    env: { ...grpc, OTEL_EXPORTER_OTLP_ENDPOINT: `127.0.0.1:${sink.port}` },
  })
  assert.match(strange.stdout, /✗ the test span was not taken: TLS: .*perhaps the server speaks no TLS/)
  assert.equal(strange.code, 1)
})

test('what a control file sets is told, and what is wrong in it', async (t) => {
  const sink = await startSink(t)
  const folder = await projectOf(t, 'control', {})
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, AUTOSPAN_CONTROL_FILE: 'control.env' }
  const none = await autospan(['doctor'], { env, cwd: folder })
  assert.match(none.stdout, /AUTOSPAN_CONTROL_FILE +control\.env +environment\n/)
  assert.match(none.stdout, /· \S+control\.env is not there yet; until it is, the settings above count\n/)
  assert.equal(none.code, 0)
  await writeFile(join(folder, 'control.env'), 'OTEL_LOG_LEVEL=loud\nOTEL_TRACES_SAMPLER=always_off\n')
  const bad = await autospan(['doctor'], { env, cwd: folder })
  assert.match(
    bad.stdout,
    /✗ control\.env:1 OTEL_LOG_LEVEL="loud" is not known \(known are [a-z, ]+\); what was set before goes on\n/,
  )
  assert.match(bad.stdout, /· \S+control\.env sets OTEL_TRACES_SAMPLER\n/)
  assert.equal(bad.code, 1)
})

test('a library is told with why it is not traced', async (t) => {
  const sink = await startSink(t)
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'koa' }
  const { stdout } = await autospan(['doctor', '--all'], { env })
  assert.match(stdout, /· koa \d.*: switched off \(koa\)\n/)
  assert.equal(stdout.match(/✓ http2 of Node\.js .*: traced\n/g)?.length, 1, 'once, for all that is about it')
  assert.match(stdout, /OTEL_BSP_SCHEDULE_DELAY +5000 +default\n/)
  const future = await autospan(['doctor'], {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url },
    cwd: await projectOf(t, 'express', { express: './fakes/future' }),
  })
  assert.match(future.stdout, /✗ express 99\.0\.0: left alone, tested are >=4 <6\n/)
  assert.equal(future.code, 1)
})

async function listening(owner: Owner, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  atEnd(owner, async () => {
    server.close()
  })
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** What the doctor says of a backend, in its last section. */
async function saidOf(url: string, env: Record<string, string> = {}): Promise<string> {
  let text = ''
  const problems = await diagnose(
    (piece) => {
      text += piece
    },
    { env: { OTEL_EXPORTER_OTLP_ENDPOINT: url, ...env }, folder: '/' },
  )
  assert.equal(problems, 1, text)
  return text.slice(text.indexOf('\nBackend\n'))
}

for (const [what, answer, problem, advice] of [
  [
    '401',
    (_, res) => res.writeHead(401).end('no token'),
    /answered 401, it does not know who you are. It says: no token/,
    /HEADERS has to carry .*\(sent are: x-key\)/,
  ],
  ['403', (_, res) => res.writeHead(403).end(), /answered 403, you are not allowed/, /rights of the token/],
  [
    '404',
    (_, res) => res.writeHead(404).end(),
    /answered 404, there is nothing at this path/,
    /base URL.*v1\/traces is added/,
  ],
  ['405', (_, res) => res.writeHead(405).end(), /answered 405, nothing can be posted/, /user interface.*4318/],
  [
    '415',
    (_, res) => res.writeHead(415).end(),
    /answered 415, it does not take http\/protobuf/,
    /set OTEL_EXPORTER_OTLP_PROTOCOL to http\/json/,
  ],
  ['429', (_, res) => res.writeHead(429).end(), /answered 429, it takes no more for now/, /quota/],
  ['503', (_, res) => res.writeHead(503).end(), /answered 503, a proxy on the way/, /whether it runs/],
  ['500', (_, res) => res.writeHead(500).end(), /answered 500, it has a problem of its own/, /its log/],
  ['418', (_, res) => res.writeHead(418).end(), /answered 418, it does not want this request/, /the right server/],
  [
    'a redirection to a login page',
    (_, res) => res.writeHead(302, { location: 'https://login.example/in?x=1' }).end(),
    /answered 302, it sends the caller to https:\/\/login\.example\/in, as web sites do that want a login/,
    /a web site or a gateway/,
  ],
  [
    'a redirection to TLS',
    (req, res) => res.writeHead(308, { location: `https://${req.headers.host}${req.url}` }).end(),
    /answered 308, it sends the caller to https:/,
    /write https:\/\//,
  ],
  [
    'a web page',
    (_, res) => res.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
    /answered 200, with a web page/,
    /user interface/,
  ],
] as const satisfies readonly (readonly [string, RequestListener, RegExp, RegExp])[]) {
  test(`an answer is explained: ${what}`, async (t) => {
    const port = await listening(t as never, createServer(answer))
    const said = await saidOf(`http://127.0.0.1:${port}`, { OTEL_EXPORTER_OTLP_HEADERS: 'x-key=secret' })
    assert.match(said, problem)
    assert.match(said, advice)
    assert.ok(!said.includes('secret'))
  })
}

test('no answer is explained: a gRPC port, a closed connection, TLS where there is none and none where there is, names', async (t) => {
  const owner = t as never
  // The first frame of HTTP/2, which a gRPC server sends whatever it is asked.
  const grpc = await listening(
    owner,
    createRawServer((socket) => socket.on('error', () => {}).end('\0\0\x06\x04\0\0\0\0\0\0\x05\0\0\x40\0')),
  )
  assert.match(
    await saidOf(`http://127.0.0.1:${grpc}`),
    /does not answer in HTTP\/1\.1, as gRPC ports do \(HPE_.*\n.*usually 4318/,
  )
  const closing = await listening(
    owner,
    createRawServer((socket) => socket.on('error', () => {}).once('data', () => socket.destroy())),
  )
  assert.match(
    await saidOf(`http://127.0.0.1:${closing}`),
    /closes the connection without an answer.*\n.*it may want TLS/,
  )
  const silent = await listening(owner, createServer())
  assert.match(
    await saidOf(`http://127.0.0.1:${silent}`, { OTEL_EXPORTER_OTLP_TIMEOUT: '10' }),
    /takes the connection, and there is no answer within 10 ms\n.*OTEL_EXPORTER_OTLP_TIMEOUT is in milliseconds/,
  )
  const plain = await listening(owner, createServer())
  assert.match(await saidOf(`https://127.0.0.1:${plain}`), /does not speak TLS.*\n.*write http:\/\//)
  const folder = join(root, 'test/apps/http')
  const secure = createSecureServer({
    key: readFileSync(join(folder, 'key.pem')),
    cert: readFileSync(join(folder, 'cert.pem')),
  })
  assert.match(
    await saidOf(`https://127.0.0.1:${await listening(owner, secure)}`),
    /the certificate of 127.* is not trusted.*\n.*OTEL_EXPORTER_OTLP_CERTIFICATE/,
  )
  assert.match(
    await saidOf('http://no-such-host.invalid:4318'),
    /the name no-such-host\.invalid is not known here.*\n.*spelt well/,
  )
})

test('exporters other than OTLP are told, and nothing is sent', async (t) => {
  const sink = await startSink(t)
  for (const [exporter, said] of [
    ['none', 'nowhere: OTEL_<SIGNAL>_EXPORTER=none'],
    ['console', 'to: console'],
  ] as const) {
    const { stdout, code } = await autospan(['doctor'], {
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
        OTEL_TRACES_EXPORTER: exporter,
        OTEL_METRICS_EXPORTER: exporter,
        OTEL_LOGS_EXPORTER: exporter,
      },
    })
    for (const [many, signal] of [
      ['spans', 'TRACES'],
      ['metrics', 'METRICS'],
      ['log records', 'LOGS'],
    ] as const) {
      assert.ok(stdout.includes(`· ${many} go ${said.replace('<SIGNAL>', signal)}\n`), stdout)
    }
    assert.equal(code, 0)
  }
  assert.equal(sink.requests.length, 0)
})

test('who reads of the findings only the first ones is told of no error', async (t) => {
  const sink = await startSink(t)
  const { stderr, code } = await autospan(['doctor'], {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url },
    onOutput: (child) => child.stdout?.destroy(),
  })
  assert.deepEqual([stderr, code], ['', 0])
})

test('a switched off agent is a problem', async (t) => {
  const sink = await startSink(t)
  const { stdout, code } = await autospan(['doctor'], {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, OTEL_SDK_DISABLED: 'true' },
  })
  assert.match(stdout, /✗ the agent is switched off\n {4}→ OTEL_SDK_DISABLED or OTEL_ENABLED says so\n/)
  assert.equal(code, 1)
})

test('an agent that a configuration file keeps from starting is a problem, and nobody is asked in vain', async (t) => {
  const missing = await autospan(['doctor'], { env: { OTEL_CONFIG_FILE: 'nowhere.yaml' } })
  assert.match(missing.stdout, /✗ the agent is switched off\n {4}→ the configuration file cannot be used, see below\n/)
  assert.match(missing.stdout, /✗ OTEL_CONFIG_FILE="nowhere\.yaml" cannot be read: ENOENT; the agent is not started\n/)
  assert.doesNotMatch(missing.stdout, /Backend|traced/)
  assert.deepEqual([missing.stderr, missing.code], ['', 1])
  const folder = temporaryFolder(t)
  await writeFile(join(folder, 'otel.yaml'), 'file_format: "1.0"\ndisabled: true\n')
  const disabled = await autospan(['doctor'], { env: { OTEL_CONFIG_FILE: join(folder, 'otel.yaml') } })
  assert.match(disabled.stdout, /✗ the agent is switched off\n {4}→ the configuration file says so\n/)
})

test('autospan doctor -- command tells what the program has loaded, and takes its environment', async (t) => {
  const sink = await startSink(t)
  const fine = await autospan(['doctor', '--', 'node', join(root, 'test/apps/boot/traced.cjs')], {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url },
  })
  assert.match(fine.stderr, /what the program has loaded\n(?: {2}✓ .*\n)* {2}✓ http: patched\n/)
  assert.match(fine.stderr, /the program ended with code 0\. No problem found\.\n$/)
  assert.equal(fine.code, 0)
  const wrong = await autospan(['doctor', '--', 'node', join(root, 'test/apps/express/fake.cjs')], {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, OTEL_TRACES_SAMPLER: 'no' },
  })
  assert.match(wrong.stderr, /✗ OTEL_TRACES_SAMPLER="no" is not known/)
  assert.match(wrong.stderr, /There are problems: look for ✗ above\.\n$/)
  assert.equal(wrong.code, 1)
  const other = await autospan(['doctor', '--', 'true'])
  assert.match(other.stderr, /It has not loaded the agent: is it a program of Node\.js\?\n$/)
  assert.equal(other.code, 1)
})

test('AUTOSPAN_DOCTOR=1 tells on stderr, and leaves output and exit code to the program', async (t) => {
  const sink = await startSink(t)
  const { stdout, stderr, code } = await run('boot/traced.mjs', {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, AUTOSPAN_DOCTOR: '1', OTEL_BSP_SCHEDULE_DELAY: '5s' },
  })
  assert.deepEqual([stdout, code], ['', 0])
  assert.match(stderr, /✓ a test span was taken/)
  assert.match(stderr, /✗ OTEL_BSP_SCHEDULE_DELAY="5s"/)
  assert.match(stderr, /what the program has loaded\n(?: {2}✓ .*\n)* {2}· not loaded: .*, express, .*, @nestjs\/core, /)
  const quiet = await run('boot/traced.mjs', {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, AUTOSPAN_DOCTOR: 'false' },
  })
  assert.ok(!quiet.stderr.includes('doctor'))
})

test('the span goes by gRPC where that is configured, and its refusals are explained', async (t) => {
  let refusal: { code: number; details: string } | undefined
  const sink = await GrpcSink.start(t, { respond: () => refusal })
  const url = sink.url
  const { stdout, code } = await autospan(['doctor'], {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
  })
  assert.match(stdout, /✓ a test span was taken: look for "autospan doctor", trace [\da-f]{32}/)
  assert.deepEqual([code, sink.requests.length], [0, 1])
  refusal = { code: status.UNAUTHENTICATED, details: 'no token' }
  assert.match(
    await saidOf(url, { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }),
    /✗ the test span was not taken: .*UNAUTHENTICATED.*no token.*\n.*HEADERS has to carry/,
  )
})

test('the way may lead through a proxy, and to a socket', async (t) => {
  const sink = await startSink(t)
  const proxy = await ForwardProxy.start(t, { port: Number(new URL(sink.url).port) })
  const answers = { env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.test:4318', http_proxy: proxy.url } }
  const proxied = await autospan(['doctor'], answers)
  assert.match(proxied.stdout, /· through the proxy http:\/\/127.*\n {2}✓ a test span was taken/)
  assert.equal(proxied.code, 0)
  assert.match(
    await saidOf('unix:/nowhere/collector.sock'),
    /✗ the test span was not taken: .*ENOENT.*\n.*does the collector run, and listen there/,
  )
})
