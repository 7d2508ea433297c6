require('reflect-metadata')
const { NestFactory } = require('@nestjs/core')
const nest = require('@nestjs/common')
const { serve, shop } = require('./shop.cjs')

const Adapter = { express: 'ExpressAdapter', fastify: 'FastifyAdapter' }[process.env.PLATFORM]
serve(NestFactory, shop(nest), new (require(`@nestjs/platform-${process.env.PLATFORM}`)[Adapter])())
