// Serves itself a request, prints "ready", and waits for SIGNAL, to which it listens as HANDLER says.
const { createServer, get } = require('node:http')
const { constants } = require('node:os')
const { setTimeout: wait } = require('node:timers/promises')

const { SIGNAL, HANDLER } = process.env

const handlers = {
  none: () => {},
  'one that closes the server': () => {
    process.on(SIGNAL, (name, number) => {
      console.log('closing by', name, number)
      server.close()
      server.closeAllConnections()
    })
  },
  'one that exits': () => process.on(SIGNAL, () => process.exit(8)),
  'one that exits later': () => process.on(SIGNAL, () => setTimeout(() => process.exit(8), 20)),
  'one that raises it again': () => {
    process.once(SIGNAL, () => {
      console.log('cleaned up')
      process.kill(process.pid, SIGNAL)
      console.log('not reached')
      process.exit(1)
    })
  },
  'one that raises it again later': () => {
    process.once(SIGNAL, async () => {
      await wait(20)
      process.kill(process.pid, constants.signals[SIGNAL])
      console.log('not reached')
      process.exit(1)
    })
  },
  'one that ends the process where nobody else does': () => {
    process.once(SIGNAL, () => {
      if (process.listenerCount(SIGNAL) === 0) process.exit(128 + constants.signals[SIGNAL])
      console.log('somebody else listens')
    })
  },
  'one that later ends the process where nobody else does': () => {
    process.once(SIGNAL, async () => {
      await wait(20)
      if (process.listeners(SIGNAL).length > 0) console.log('somebody else listens')
      else process.kill(process.pid, SIGNAL)
    })
  },
  'one that was added where nobody listened': () => {
    if (process.listenerCount(SIGNAL) === 0) process.on(SIGNAL, () => process.exit(8))
  },
  'one that was taken away': () => {
    process.on(SIGNAL, console.log)
    process.off(SIGNAL, console.log)
  },
  'one that was taken away with all others': () => {
    process.on(SIGNAL, console.log)
    process.removeAllListeners(SIGNAL)
  },
  'none, nor of anything else': () => process.removeAllListeners(),
  'one that throws': () => {
    process.on(SIGNAL, () => {
      throw new Error('no way')
    })
  },
  'one like those of signal-exit 3': () => {
    require('./signal-exit-3.cjs')((code, signal) => console.log('exit', code, signal))
  },
  'one like those of signal-exit 4': () => {
    require('./signal-exit-4.cjs')((code, signal) => console.log('exit', code, signal))
  },
}

const server = createServer((_request, response) => response.end('ok')).listen(0, '127.0.0.1', () => {
  const before = process.env.WHEN === 'before'
  if (before) handlers[HANDLER]()
  get({ host: '127.0.0.1', port: server.address().port }, (response) => {
    response.resume().on('close', () => {
      if (!before) handlers[HANDLER]()
      console.log('ready')
    })
  })
})
