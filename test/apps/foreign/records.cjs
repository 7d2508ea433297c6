// Sends what pino writes as OpenTelemetry's package for pino does.
const { logs } = require('@opentelemetry/api-logs')
const pino = require('pino')

const logger = logs.getLogger('@opentelemetry/instrumentation-pino')
pino({}, { write: (line) => logger.emit({ body: JSON.parse(line).msg }) }).info('sold')
