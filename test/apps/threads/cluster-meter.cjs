// Two workers of a cluster count the same.
const cluster = require('node:cluster')
const { metrics } = require('@opentelemetry/api')

if (cluster.isPrimary) {
  cluster.fork()
  cluster.fork()
} else {
  metrics.getMeter('shop').createCounter('shop.orders').add(1)
  cluster.worker.disconnect()
}
