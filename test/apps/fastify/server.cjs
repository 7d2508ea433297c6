const { routes } = require('./routes.cjs')

routes(require(process.env.FASTIFY))
