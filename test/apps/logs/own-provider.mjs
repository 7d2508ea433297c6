import { logs } from '@opentelemetry/api-logs'

const own = []
logs.disable()
logs.setGlobalLoggerProvider({ getLogger: () => ({ emit: (record) => own.push(record.body), enabled: () => true }) })
logs.getLogger('shop').emit({ body: 'to the own provider' })
console.log(own.join())
