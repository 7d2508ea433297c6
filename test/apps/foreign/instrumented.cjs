// A package of OpenTelemetry that traces http, as programs set it up before they load what it patches.
const { registerInstrumentations } = require('@opentelemetry/instrumentation')
const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http')

registerInstrumentations({ instrumentations: [new HttpInstrumentation()] })
