import { routes } from './routes.cjs'

const { fastify } = await import(process.env.FASTIFY)
routes(fastify)
