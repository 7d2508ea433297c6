// Ends as its first argument says: a code, a signal, or never.
const [how] = process.argv.slice(2)
console.log('out')
console.error('err')
if (how === 'never') setInterval(() => {}, 1000)
else if (how.startsWith('SIG')) process.kill(process.pid, how)
else process.exitCode = Number(how)
