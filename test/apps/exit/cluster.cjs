// A primary process and a worker, which serves one request and ends as WAY says.
const cluster = require('node:cluster')
const { createServer, get } = require('node:http')

if (cluster.isPrimary) {
  const worker = cluster.fork()
  worker.on('message', () => {
    if (process.env.WAY === 'disconnect') worker.disconnect()
    else if (process.env.WAY === 'kill') worker.kill()
    else if (process.env.WAY === 'SIGKILL') process.kill(process.pid, 'SIGKILL')
  })
  worker.on('exit', (code, signal) => console.log('exit', code, signal))
} else {
  const server = createServer((_request, response) => response.end('ok')).listen(0, '127.0.0.1', () => {
    get({ host: '127.0.0.1', port: server.address().port }, (response) => {
      response.resume().on('close', () => {
        process.send('ready')
        if (process.env.WAY === 'process.exit()') process.exit(3)
      })
    })
  })
}
