// node --import autospan/register app.js: starts the agent before the program. Also works by --require.
// It imports nothing: the built-ins' faces for ES modules cost more to make than all that is done here.

const { node } = process.versions
const [major, minor] = node.split('.').map(Number)

/** Paths that are worth a closer look: nearly none, so that nothing is loaded for the answer. */
const MAYBE_TOOL =
  /npm|npx|yarn|pnpx|corepack|node-gyp|thread-stream|bin[\\/]nest|[\\/](?:tsx|nodemon|conc|cross-env|pm2|dotenv|env-cmd|run-[ps]|ts-node-dev|tsnd|forever)/

if (major < 20 || (major === 20 && minor < 19) || major === 21 || (major === 22 && minor < 12)) {
  say(`Node.js ${node} is not supported, 20.19, 22.12 and newer are; the program runs untraced`)
} else if (!isLoaderThread()) {
  start()
}

function start() {
  // biome-ignore lint/style/noProcessEnv: that nobody asks is seen in less time than what answers takes to load.
  const { OTEL_SDK_DISABLED, OTEL_ENABLED, OTEL_CONFIG_FILE, OTEL_EXPERIMENTAL_CONFIG_FILE } = process.env
  // So is the plainest answer: what knows the others takes half a millisecond to load.
  if (OTEL_SDK_DISABLED === 'true' && !OTEL_CONFIG_FILE && !OTEL_EXPERIMENTAL_CONFIG_FILE) return
  // Required, so that nothing is awaited: --require cannot wait, and the program must not start before the agent.
  const require = process.getBuiltinModule('node:module').createRequire(import.meta.url)
  try {
    const isAsked = OTEL_SDK_DISABLED !== undefined || OTEL_ENABLED !== undefined
    if (isAsked && require('./dist/disabled.cjs').isDisabled()) return
    const entry = process.argv[1]
    if (MAYBE_TOOL.test(entry) && require('./dist/tools.cjs').isTool(entry)) return
    require('./dist/agent.cjs').start(import.meta.filename)
  } catch (error) {
    say(`could not be loaded, the program runs untraced: ${error.message.split('\n')[0]}`)
  }
}

/**
 * Lines that run loader hooks in a thread of their own run --require there too, where there is no program. The module
 * that tells threads apart takes 1 ms to load, and is asked only where abort() is refused, as it is outside the main one.
 */
function isLoaderThread() {
  if (major > 24 || process.abort.disabled !== true) return false
  const { isMainThread, parentPort } = process.getBuiltinModule('node:worker_threads')
  return !isMainThread && parentPort === null
}

function say(line) {
  process._rawDebug(`autospan: ${line}`)
}
