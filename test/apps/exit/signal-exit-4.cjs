// How signal-exit 4 hears of the end, in short: it counts listeners otherwise, and knows of its other copies.
module.exports = (onExit) => {
  const { emit, reallyExit } = process
  const signals = ['SIGHUP', 'SIGINT', 'SIGTERM', 'SIGALRM', 'SIGABRT', 'SIGQUIT', 'SIGUSR2']
  let told = false
  const tell = (code, signal) => {
    if (told) return false
    told = true
    return onExit(code, signal) === true
  }
  const listeners = signals.map((signal) => () => {
    let count = 1
    const other = process.__signal_exit_emitter__
    if (typeof other?.count === 'number') count += other.count
    if (process.listeners(signal).length !== count) return
    unload()
    const handled = tell(null, signal)
    if (!handled) process.kill(process.pid, signal)
  })
  signals.forEach((signal, i) => {
    process.on(signal, listeners[i])
  })
  process.emit = function (event, ...args) {
    if (event !== 'exit') return emit.call(this, event, ...args)
    if (typeof args[0] === 'number') process.exitCode = args[0]
    const result = emit.call(this, event, ...args)
    tell(process.exitCode, null)
    return result
  }
  process.reallyExit = (code) => {
    process.exitCode = code || 0
    tell(process.exitCode, null)
    return reallyExit.call(process, process.exitCode)
  }

  function unload() {
    signals.forEach((signal, i) => {
      process.removeListener(signal, listeners[i])
    })
    process.emit = emit
    process.reallyExit = reallyExit
  }
}
