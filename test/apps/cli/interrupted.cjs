// Tells under whom it runs, and, asked by SIGUSR2, how often SIGINT has come.
let times = 0

process.on('SIGINT', () => {
  times++
})
process.on('SIGUSR2', () => {
  process.stdout.write(`interrupted ${times} times\n`)
  process.exit()
})
setInterval(() => {}, 1000)
process.stdout.write(`under ${process.ppid}, waiting\n`)
