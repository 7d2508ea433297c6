// Tells how it was started, reads its input, and ends as it is told.
console.log(
  JSON.stringify({ args: process.argv.slice(2), traced: globalThis[Symbol.for('autospan.started')] !== undefined }),
)
process.stdin.on('data', (data) => process.stdout.write(data))
process.stdin.on('end', () => {
  if (process.argv[2] === 'signal') process.kill(process.pid, 'SIGKILL')
  else if (process.argv[2] === 'wait') {
    const timer = setInterval(() => {}, 1000)
    process.on('SIGTERM', () => {
      console.log('told to end')
      clearInterval(timer)
      process.exitCode = 7
    })
    console.log('waiting')
  } else process.exitCode = Number(process.argv[2] ?? 0)
})
