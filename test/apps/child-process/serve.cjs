// GET /<way> starts a child in that way, and answers with what the child has printed: its carriers.
const { createServer } = require('node:http')
const { join } = require('node:path')
const { promisify } = require('node:util')

const { execPath } = process
const child = join(__dirname, 'child.cjs')
const command = `"${execPath}" "${child}"`

module.exports = (cp) => {
  const ways = {
    spawn: () => printed(cp.spawn(execPath, [child])),
    'spawn-options': () => printed(cp.spawn(command, { shell: true })),
    exec: () => new Promise((resolve) => cp.exec(command, (_error, stdout) => resolve(stdout))),
    'exec-promise': async () => (await promisify(cp.exec)(command)).stdout,
    execFile: () => new Promise((resolve) => cp.execFile(execPath, [child], {}, (_error, stdout) => resolve(stdout))),
    'execFile-promise': async () => (await promisify(cp.execFile)(execPath, [child])).stdout,
    fork: () => printed(cp.fork(child, { silent: true })),
    'fork-execArgv': () => printed(cp.fork(child, [], { silent: true, execArgv: [] })),
    spawnSync: () => cp.spawnSync(execPath, [child]).stdout,
    'spawnSync-options': () => cp.spawnSync(command, { shell: true }).stdout,
    'spawnSync-undefined': () => cp.spawnSync(command, undefined, { shell: true, encoding: 'utf8' }).stdout,
    execFileSync: () => cp.execFileSync(execPath, [child]),
    'execFileSync-options': () => cp.execFileSync(execPath, [child], { encoding: 'utf8' }),
    execSync: () => cp.execSync(command),
    'execSync-options': () => cp.execSync(command, { encoding: 'utf8' }),
    // What the program passes is its own, and stays as it is.
    env: async () => kept((env) => printed(cp.spawn(execPath, [child], { env }))),
    'env-sync': () => kept((env) => cp.execFileSync(execPath, [child], { env })),
    unchanged: () => String(process.env.TRACEPARENT),
  }
  const server = createServer(async ({ url }, response) => {
    response.end(await ways[url.slice(1)]())
  })
  server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`))
  process.on('SIGTERM', () => server.close())
}

function printed(child) {
  return new Promise((resolve) => {
    let text = ''
    child.stdout.setEncoding('utf8').on('data', (part) => (text += part))
    child.on('close', () => resolve(text))
  })
}

/** What `start` returns, if it has left alone the environment that it was given: frozen, partly inherited. */
async function kept(start) {
  const env = Object.freeze(Object.assign(Object.create({ ...process.env, MINE: 'inherited' }), { TRACEPARENT: 'old' }))
  const options = JSON.stringify(env)
  const text = await start(env)
  return JSON.stringify(env) === options ? text : `changed to ${JSON.stringify(env)}`
}
