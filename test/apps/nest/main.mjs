import 'reflect-metadata'
import * as nest from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { serve, shop } from './shop.cjs'

const Adapter = { express: 'ExpressAdapter', fastify: 'FastifyAdapter' }[process.env.PLATFORM]
const platform = await import(`@nestjs/platform-${process.env.PLATFORM}`)
serve(NestFactory, shop(nest), new platform[Adapter]())
