// What a program can see of listeners on its process, before and after it has made a span.
const { EventEmitter, getEventListeners } = require('node:events')
const { createServer, get } = require('node:http')

const EVENTS = ['SIGTERM', 'SIGINT', 'SIGHUP', 'exit', 'beforeExit', 'uncaughtExceptionMonitor', 'uncaughtException']
EVENTS.push('newListener', 'removeListener', 'worker')

function look() {
  const seen = EVENTS.map((event) => [
    event,
    process.listenerCount(event),
    EventEmitter.listenerCount(process, event),
    getEventListeners(process, event).length,
    process
      .listeners(event)
      .map(({ name }) => name)
      .join(),
    process.rawListeners(event).length,
    process.eventNames().includes(event),
  ])
  console.log([...seen, process.getMaxListeners()].join('\n'))
}

look()
const METHODS = [
  'listenerCount',
  'listeners',
  'rawListeners',
  'eventNames',
  'kill',
  'reallyExit',
  'execve',
  'emit',
  'on',
]
for (const method of METHODS) {
  console.log(method, process[method]?.name, process[method]?.length, String(process[method]).length)
}
const server = createServer((_request, response) => response.end('ok')).listen(0, '127.0.0.1', () => {
  get({ host: '127.0.0.1', port: server.address().port }, (response) => {
    response.resume().on('close', () => {
      look()
      process.emit('SIGINT')
      process.emit('SIGTERM', 'SIGTERM')
      // Ten listeners are no leak, and the eleventh is the one that is warned of.
      for (const event of ['SIGTERM', 'exit', 'beforeExit']) {
        for (let i = 0; i < 10; i++) process.on(event, () => {})
        look()
      }
      setTimeout(() => {
        for (let i = 0; i < 2; i++) process.on('exit', () => console.log('exit', i))
        look()
        process.removeAllListeners('SIGTERM')
        process.removeAllListeners('beforeExit')
        look()
        setTimeout(() => {
          server.close()
          server.closeAllConnections()
        }, 1)
      }, 1)
    })
  })
})
