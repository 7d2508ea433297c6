// Tells of instances that are not quite those of fastify, as it does itself.
import { channel } from 'node:diagnostics_channel'

const instances = channel('fastify.initialization')
instances.publish({ fastify: { version: '99.0.0', addHook: () => console.log('hooked') } })
instances.publish({ fastify: { version: '5.0.0', addHook: 'none' } })
instances.publish({})
console.log('went on')
