// How signal-exit 3 hears of the end, in short.
module.exports = (onExit) => {
  const { emit, reallyExit } = process
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGALRM', 'SIGUSR2', 'SIGQUIT']
  let told = false
  const tell = (code, signal) => {
    if (!told) onExit(code, signal)
    told = true
  }
  const listeners = signals.map((signal) => () => {
    // Nobody else: an end is coming.
    if (process.listeners(signal).length !== 1) return
    unload()
    tell(null, signal)
    process.kill(process.pid, signal)
  })
  signals.forEach((signal, i) => {
    process.on(signal, listeners[i])
  })
  process.emit = function (event, ...args) {
    if (event !== 'exit') return emit.apply(this, [event, ...args])
    if (args[0] !== undefined) process.exitCode = args[0]
    const result = emit.apply(this, [event, ...args])
    tell(process.exitCode, null)
    return result
  }
  process.reallyExit = (code) => {
    process.exitCode = code || 0
    tell(process.exitCode, null)
    reallyExit.call(process, process.exitCode)
  }

  function unload() {
    signals.forEach((signal, i) => {
      process.removeListener(signal, listeners[i])
    })
    process.emit = emit
    process.reallyExit = reallyExit
  }
}
