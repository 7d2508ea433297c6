// The programs that are measured. A service is told the URL of the one before it in BENCH_UPSTREAM.

/**
 * services: files in apps/, measured together; path: what is asked of the last one; spans: of one request, as
 * the conventions ask; backend: apps/hello.cjs, bare and not measured, is behind the first service.
 */
export const APPS = {
  hello: { about: 'http hello', services: ['hello.cjs'], path: '/hello', spans: 1 },
  express: { about: 'express, one parametrised route', services: ['express.cjs'], path: '/users/42', spans: 1 },
  'express-pg': {
    about: 'express + pg, one SELECT by key',
    services: ['express-pg.cjs'],
    path: '/items/42',
    spans: 2,
    database: true,
  },
  fastify: { about: 'fastify, one parametrised route', services: ['fastify.cjs'], path: '/users/42', spans: 1 },
  fetch: { about: 'http, three fetches', services: ['fetch.cjs'], path: '/all', spans: 4, backend: true },
  chain: {
    about: 'chain: express -> fastify -> pg',
    services: ['orders.cjs', 'gateway.cjs'],
    path: '/checkout/42',
    spans: 4,
    database: true,
  },
}
