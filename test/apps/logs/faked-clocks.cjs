// Writes while both clocks stand still, the monotonic one a day on, as tests have them do.
const { createLogger, transports } = require('winston')
const pino = require('pino')

const FakeDate = class extends Date {
  static now = () => 0
}
Object.assign(globalThis, { Date: FakeDate })
Object.defineProperty(globalThis, 'performance', { value: { now: () => 86_400_000, timeOrigin: 0 } })

pino().info('by pino')
createLogger({ transports: [new transports.Console()] }).info('by winston')
console.log('by console')
