import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { drawTraces, trace } from '../harness/draw.js'
import { temporaryFolder } from '../harness/folder.js'
import { atEnd, file } from '../harness/owner.js'
import { root, run, told } from '../harness/program.js'
import { startSink } from '../harness/sink.js'

/** Ways to get hold of node:http: each is to lead to one span and one header. */
const WAYS: Readonly<Record<string, { readonly source: string; readonly flags?: readonly string[] }>> = {
  'default.mjs': { source: `import http from 'http'; ask(http.get)` },
  'default-node.mjs': { source: `import http from 'node:http'; ask(http.get)` },
  'namespace.mjs': { source: `import * as http from 'http'; ask(http.get)` },
  'namespace-node.mjs': { source: `import * as http from 'node:http'; ask(http.get)` },
  'named.mjs': { source: `import { get } from 'http'; ask(get)` },
  'named-node.mjs': { source: `import { request } from 'node:http'; ask((url) => request(url).end())` },
  'dynamic.mjs': { source: `const { get } = await import('node:http'); ask(get)` },
  'dynamic-data.mjs': {
    source: `const { get } = await import("data:text/javascript,export { get } from 'node:http'"); ask(get)`,
  },
  'create-require.mjs': {
    source: `import { createRequire } from 'node:module'; ask(createRequire(import.meta.url)('http').get)`,
  },
  'get-builtin.mjs': { source: `ask(process.getBuiltinModule('http').get)` },
  'get-builtin.cjs': { source: `ask(process.getBuiltinModule('node:http').get)` },
  'required.cjs': { source: `ask(require('http').get)` },
  'required-node.cjs': { source: `const { get } = require('node:http'); ask(get)` },
  'dynamic.cjs': { source: `import('http').then(({ get }) => ask(get))` },
  'module-load.cjs': { source: `ask(module.constructor._load('http', module).get)` },
  'module-require.cjs': { source: `ask(module.require('http').get)` },
  'vm.cjs': {
    source: `const vm = require('vm'); ask(vm.runInThisContext("(require) => require('http')")(require).get)`,
  },
  'globals.cjs': { source: '', flags: ['-e', 'http.get(process.env.URL)'] },
  'globals.mjs': {
    source: '',
    flags: ['--input-type=module', '-e', `import { get } from 'http'; get(process.env.URL)`],
  },
  'printed.cjs': { source: '', flags: ['-p', 'http.get(process.env.URL), 1'] },
}

const REGISTER = pathToFileURL(join(root, 'register.mjs')).href
const folder = temporaryFolder(file)
const headers: string[][] = []
const server = createServer((request, response) => {
  headers.push(request.rawHeaders.filter((name) => name.toLowerCase() === 'traceparent'))
  response.setHeader('connection', 'close').end()
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
atEnd(file, async () => {
  server.close()
})
const URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`

for (const [name, { source, flags = [] }] of Object.entries(WAYS)) {
  test(`node:http by ${name}: one span, one header`, async (t) => {
    const app = join(folder, name)
    await writeFile(app, `const ask = (get) => get(process.env.URL)\n${source}`)
    const sink = await startSink(t)
    headers.length = 0
    const options = flags.length === 0 ? {} : { nodeFlags: flags, agent: false }
    const env = { URL, ...sink.env }
    // What is evaluated has the file for an argument.
    const agent: Record<string, string> = flags.length === 0 ? {} : { NODE_OPTIONS: `--import=${REGISTER}` }
    const outcome = await run(app, { ...options, env: { ...env, ...agent } })
    assert.equal(outcome.code, 0, told(outcome))
    assert.equal(outcome.stdout, name === 'printed.cjs' ? '1\n' : '')
    assert.deepEqual(headers, [['traceparent']])
    assert.equal(
      drawTraces(await sink.settled()),
      trace`
        GET CLIENT 200
      `,
    )
  })
}

/** What a later Node.js may do with the list by which built-ins are heard of. */
const LISTS = {
  'is gone': `delete process.moduleLoadList`,
  'is filled no more': `Object.defineProperty(process, 'moduleLoadList', { value: [...process.moduleLoadList] })`,
}

for (const [fate, source] of Object.entries(LISTS)) {
  test(`where Node's list of built-ins ${fate}, they are patched at start`, async (t) => {
    const app = join(folder, 'required.cjs')
    await writeFile(app, `require('http').get(process.env.URL)`)
    const sink = await startSink(t)
    const nodeFlags = ['--import', `data:text/javascript,${encodeURIComponent(source)}`]
    const outcome = await run(app, { nodeFlags, env: { URL, ...sink.env, OTEL_LOG_LEVEL: 'warn' } })
    assert.deepEqual([outcome.code, outcome.stderr], [0, ''])
    assert.equal(
      drawTraces(await sink.settled()),
      trace`
        GET CLIENT 200
      `,
    )
  })
}

test("Node's list of built-ins looks as ever, and has all that is loaded, once", async () => {
  const app = join(folder, 'list.cjs')
  await writeFile(
    app,
    `const { inspect } = require('util')
     const list = process.moduleLoadList
     console.log(Array.isArray(list), list instanceof Array, inspect(list).split(' ')[0])
     for (const name of ['https', 'http', 'http2', 'child_process', 'worker_threads']) require(name)
     setImmediate(() => {
       console.log(Object.getPrototypeOf(list) === Array.prototype, new Set(list).size === list.length)
       console.log(list.filter((entry) => / (https?|http2|_tls_wrap|child_process|worker_threads)$/.test(entry)).sort())
     })`,
  )
  const env = { OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none' }
  const [bare, traced] = [await run(app, { agent: false }), await run(app, { env })]
  assert.equal(traced.stdout, bare.stdout)
  assert.match(bare.stdout, /true true/)
})
