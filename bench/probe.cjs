// --require'd before the agent: tells the runner what the process has used, over a channel that no agent traces.
let delays

process.on('message', (question) => {
  if (question === 'watch') {
    const { monitorEventLoopDelay } = require('node:perf_hooks')
    delays = monitorEventLoopDelay({ resolution: 1 })
    delays.enable()
    process.send({})
  } else if (question === 'watched') {
    delays.disable()
    process.send({ longestMillis: delays.max / 1e6 })
  } else {
    process.send({ cpu: process.cpuUsage(), memory: process.memoryUsage() })
  }
})

// The runner is gone: at once, and without the work that an agent does at exit.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
