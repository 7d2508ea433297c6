// --require'd before the agent: profiles the process from one message to the next, and answers with the profile.
const { Session } = require('node:inspector/promises')

const SAMPLE_MICROS = 200
let session

process.on('message', async () => {
  if (session === undefined) {
    session = new Session()
    session.connect()
    await session.post('Profiler.enable')
    await session.post('Profiler.setSamplingInterval', { interval: SAMPLE_MICROS })
    await session.post('Profiler.start')
    process.send({})
    return
  }
  const { profile } = await session.post('Profiler.stop')
  session = undefined
  process.send({ profile })
})

process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
