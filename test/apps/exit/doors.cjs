const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')

// The ways out of a program, by name.
const after = (leave) => () => setTimeout(leave, 1)

module.exports = {
  'the empty event loop': () => {},
  'the empty event loop, which it listens to': () => {
    process.on('beforeExit', (code) => console.log('nothing left to do', code))
  },
  'an exit code and the empty event loop': () => {
    process.exitCode = 4
  },
  'process.exit()': after(() => process.exit(3)),
  'process.exit() once the event loop was empty': () => {
    process.once('beforeExit', () => setImmediate(() => process.exit(3)))
  },
  'process.exit() in an exit listener': after(() => {
    process.on('exit', () => process.exit(6))
    process.exit(3)
  }),
  'process.reallyExit()': after(() => process.reallyExit(5)),
  'process.exit() in a folder that is gone': after(() => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gone-'))
    process.chdir(folder)
    fs.rmdirSync(folder)
    process.exit(3)
  }),
  'process.execve(), where there is one': after(() => {
    process.execve?.(process.execPath, [process.execPath, '--print', '"another program"'], {})
  }),
  'an error that is thrown': after(() => {
    throw new TypeError('out of tea')
  }),
  'something else that is thrown': after(() => {
    throw { tea: 0 }
  }),
  'a rejected promise': after(() => {
    Promise.reject(new TypeError('out of tea'))
  }),
  'a promise rejected with something else': after(() => {
    Promise.reject('out of tea')
  }),
  'an error with a handler that exits': after(() => {
    process.on('uncaughtException', ({ message }) => {
      console.error('handled:', message)
      process.exit(9)
    })
    throw new TypeError('out of tea')
  }),
  'an error with a handler that throws': after(() => {
    process.on('uncaughtException', () => {
      throw new RangeError('no handler')
    })
    throw new TypeError('out of tea')
  }),
  'an error that an exit listener throws': after(() => {
    process.on('exit', () => {
      throw new TypeError('out of tea')
    })
    process.exit(3)
  }),
  'a signal to itself': after(() => {
    process.kill(process.pid, 'SIGTERM')
    process.exit(1)
  }),
  'SIGKILL to itself': after(() => {
    process.kill(process.pid, 9)
    process.exit(1)
  }),
  'SIGUSR2 to itself in its handler': after(() => {
    setInterval(() => {}, 1000)
    process.once('SIGUSR2', () => {
      console.log('handled')
      process.kill(process.pid, 'SIGUSR2')
      process.exit(1)
    })
    process.kill(process.pid, 'SIGUSR2')
  }),
}
