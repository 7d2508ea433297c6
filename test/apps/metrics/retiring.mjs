// Lives until it is told, by SIGUSR2, that there is nothing more to do: its event loop is empty then.
const work = setInterval(() => {}, 60_000)
process.once('SIGUSR2', () => clearInterval(work))
console.log('at work')
