// node --import autospan/register app.js: starts the agent before the program. Also works by --require.
import { writeSync } from 'node:fs'
import { createRequire } from 'node:module'
import { isMainThread, parentPort } from 'node:worker_threads'

const { node } = process.versions
const [major, minor] = node.split('.').map(Number)
// Node.js 20 runs --require in its own thread for loader hooks too, where there is no program.
const hasProgram = isMainThread || parentPort !== null

if (!hasProgram) {
  // Nothing to trace.
} else if (major > 20 || (major === 20 && minor >= 19)) {
  start()
} else {
  say(`Node.js ${node} is not supported, 20.19 or newer is; the program runs untraced`)
}

function start() {
  // Required, so that nothing is awaited: --require cannot wait, and the program must not start before the agent.
  const require = createRequire(import.meta.url)
  try {
    const { isDisabled } = require('./dist/src/config/disabled.js')
    if (!isDisabled()) require('./dist/agent.cjs').start()
  } catch (error) {
    say(`could not be loaded, the program runs untraced: ${error.message.split('\n')[0]}`)
  }
}

function say(line) {
  writeSync(2, `autospan: ${line}\n`)
}
