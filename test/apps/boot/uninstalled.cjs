// Takes the agent's files away, as an installation in place does, before or after it has traced something; then does
// what the agent has a hand in.
const { execFileSync } = require('node:child_process')
const { rmSync } = require('node:fs')
const http = require('node:http')
const { Worker } = require('node:worker_threads')
const { metrics, trace } = require('@opentelemetry/api')

/** More than it takes to have a library switched off. */
const CALLS = 12

const server = http
  .createServer((_request, response) => response.end('ok'))
  .listen(0, '127.0.0.1', async () => {
    const url = `http://127.0.0.1:${server.address().port}`
    const get = () =>
      new Promise((resolve, reject) => {
        http.get(url, (response) => response.resume().on('end', () => resolve(response.statusCode))).on('error', reject)
      })
    if (process.env.WHEN === 'after') console.log(await get(), (await fetch(url)).status)
    rmSync(process.env.FOLDER, { recursive: true })
    for (let i = 0; i < CALLS; i++) console.log(await get(), await (await fetch(url)).text())
    trace.getTracer('shop').startActiveSpan('own', (span) => span.end())
    metrics.getMeter('shop').createCounter('own').add(1)
    const thread = new Worker('console.log("a thread")', { eval: true, execArgv: [] })
    await new Promise((resolve) => thread.on('exit', resolve))
    console.log(execFileSync(process.execPath, ['-p', '"a child"'], { encoding: 'utf8' }))
    // Metrics of the process begin meanwhile.
    setTimeout(() => process.exit(3), 200)
  })
