import assert from 'node:assert/strict'
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { drawTraces, trace } from '../harness/draw.js'
import { temporaryFolder } from '../harness/folder.js'
import { file } from '../harness/owner.js'
import { root, run, told } from '../harness/program.js'
import { startSink } from '../harness/sink.js'

const ASK = `
const { once } = require('node:events')
exports.ask = async (express, path) => {
  const app = express()
  app.get(path + '/:id', (request, response) => response.end())
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  await (await fetch('http://127.0.0.1:' + server.address().port + path + '/7')).text()
  server.close()
  server.closeAllConnections()
}`

const folder = temporaryFolder(file)
await symlink(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction')
const project = join(folder, 'app')
for (const [owner, version] of [
  ['old', 'express4'],
  ['new', 'express5'],
]) {
  const place = join(project, 'node_modules', String(owner))
  await cp(join(root, 'node_modules', String(version)), join(place, 'node_modules/express'), { recursive: true })
  await writeFile(join(place, 'index.js'), `module.exports = require('express')`)
}
await mkdir(join(project, 'node_modules/express'))
await writeFile(join(project, 'node_modules/express/package.json'), '{ "name": "express", "version": "99.0.0" }')
await writeFile(join(project, 'node_modules/express/index.js'), `module.exports = () => 'of another age'`)
await writeFile(join(project, 'ask.cjs'), ASK)
await writeFile(join(project, 'reloaded.mjs'), `import express from 'old'; export default express`)

const OLD_THEN_NEW = trace`
  GET            CLIENT 200
    GET /old/:id SERVER 200

  GET            CLIENT 200
    GET /new/:id SERVER 200
`

for (const [title, name, source, drawn, lines] of [
  [
    'two copies of a library in different versions are both traced',
    'two.cjs',
    `const { ask } = require('./ask.cjs'); ask(require('old'), '/old').then(() => ask(require('new'), '/new'))`,
    OLD_THEN_NEW,
    [],
  ],
  [
    'both by import, too',
    'two.mjs',
    `import old from 'old'; import young from 'new'; import { ask } from './ask.cjs'; await ask(old, '/old'); await ask(young, '/new')`,
    OLD_THEN_NEW,
    [],
  ],
  [
    'a library whose cache entries are deleted is traced before and after',
    'deleted.cjs',
    `const { ask } = require('./ask.cjs')
     const first = require('old')
     for (const path of Object.keys(require.cache)) if (path.includes('old')) delete require.cache[path]
     const second = require('old')
     console.log(first === second)
     ask(first, '/first').then(() => ask(second, '/second'))`,
    trace`
      GET               CLIENT 200
        GET /first/:id  SERVER 200

      GET               CLIENT 200
        GET /second/:id SERVER 200
    `,
    [],
  ],
  [
    'modules that are imported anew by a query are traced each time',
    'queries.mjs',
    `import { ask } from './ask.cjs'
     const [first, second] = [await import('./reloaded.mjs?v=1'), await import('./reloaded.mjs?v=2')]
     console.log(first === second)
     await ask(first.default, '/first')
     await ask(second.default, '/second')`,
    trace`
      GET               CLIENT 200
        GET /first/:id  SERVER 200

      GET               CLIENT 200
        GET /second/:id SERVER 200
    `,
    [],
  ],
  [
    'a version outside of what is tested is said once, and left alone',
    'strange.cjs',
    `console.log(require('express')()); delete require.cache[require.resolve('express')]; console.log(require('express')())`,
    '\n(no spans)\n',
    [/^autospan: express 99\.0\.0 is left alone: tested are >=\S+ <\S+$/],
  ],
] as const) {
  test(title, async (t) => {
    const app = join(project, name)
    await writeFile(app, source)
    const bare = await run(app, { agent: false })
    const sink = await startSink(t)
    const traced = await run(app, { env: { ...sink.env, OTEL_LOG_LEVEL: 'warn' } })
    assert.deepEqual([traced.code, traced.stdout], [0, bare.stdout], told(traced))
    assert.equal(drawTraces(await sink.settled()), drawn)
    const said = traced.stderr.split('\n').filter((line) => line !== '')
    assert.equal(said.length, lines.length, traced.stderr)
    for (const [i, line] of lines.entries()) assert.match(String(said[i]), line)
  })
}
