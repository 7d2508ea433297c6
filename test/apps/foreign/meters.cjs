// A program with a meter provider of its own. It tells what has reached it.
const { metrics } = require('@opentelemetry/api')

const taken = []
const meter = { createCounter: () => ({ add: (value) => taken.push(value) }) }
metrics.setGlobalMeterProvider({ getMeter: () => meter })
metrics.getMeter('shop').createCounter('shop.orders').add(3)
console.log('its own provider has', taken.join() || 'nothing')
