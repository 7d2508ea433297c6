// All the ways in which express programs say where requests go. What is answered tells who has answered.
const { join } = require('node:path')
const { version } = require('express/package.json')

const [major, minor] = version.split('.').map(Number)
const isFive = major === 5
// What matches everything is written differently.
const all = isFive ? '/{*rest}' : '*'

module.exports = (express) => {
  const app = express()
  app.set('env', 'test')
  app.use((req, _res, next) => {
    req.seen = true
    next()
  })

  app.get('/', answer)
  app.get('/users/:id', answer)
  app.route('/books/:isbn').get(answer).put(answer)
  app.all('/any/:thing', answer)
  app.param('person', (req, _res, next, name) => {
    if (name === 'nobody') return next(failure(404))
    req.person = name
    next()
  })
  app.get('/people/:person', answer)
  app.post('/body', wait, isFive || minor >= 16 ? express.json() : pass, answer)
  app.get('/never/:id', wait, hang)
  app.get('/rejected/:id', async () => {
    throw failure(500)
  })
  app.get('/stack', (_req, res) => res.end(new Error('here').stack))
  app.get(['/a', '/b/:id', /^\/c(\d+)$/], answer)
  app.get(/^\/files\/(\d+)\.txt$/i, answer)

  const api = express.Router()
  const tenant = express.Router({ mergeParams: true })
  const items = express.Router({ mergeParams: true })
  app.use('/api', api)
  api.use('/:tenant', tenant)
  tenant.use(items)
  items.get('/', answer)
  items.get('/items/:id', answer)
  items.get('/fail', fail(500))
  items.get('/left/:id', leave)
  // Reached by what the routers have left.
  api.get('/:tenant/left/:again', answer)

  app.post('/account/get', express.Router().use(pass), answer)
  app.get('/around/:id', express.Router().get('/around/:inner', leave), answer)
  app.get('/inner/:id', express.Router().get('/inner/:own', answer))
  app.get('/refused/:id', express.Router().use(refuse), answer)

  const secret = express.Router()
  secret.use(refuse)
  secret.get('/never', answer)
  app.use('/private/:area', secret)

  const found = express.Router()
  found.get('/page', answer)
  found.use((_req, res) => res.writeHead(404).end('not found'))
  app.use('/found', found)

  const admin = express()
  admin.get('/', answer)
  admin.get('/reports/:year', answer)
  admin.get('/fail', fail(503))
  app.use('/admin', admin)
  if (isFive || minor >= 6) app.use(['/en', '/de/:region'], admin)
  // A router that is looked up when the request comes.
  app.use('/dynamic/:name', (req, res, next) => api(req, res, next))

  const late = express.Router()
  late.use(hop)
  late.get('/left/:id', hop)
  late.get('/:name/:id', hop, answer)
  app.use('/late/:hops', hop, late)

  app.use('/static', express.static(join(__dirname, 'public')))
  app.use('/hook/:name', (req, res, next) => (req.url === '/fail' ? next(failure(500)) : res.end('hook')))

  app.get('/twice/:first', leave)
  app.get('/twice/:second', answer)
  app.get('/maybe/:thing', leave)
  app.get('/eager/:thing', (_req, res, next) => {
    res.end('answered before next')
    next()
  })
  app.all('/guarded/:thing', pass)
  app.use((req, res, next) => (req.url.startsWith('/guarded') ? refuse(req, res) : next()))

  app.get('/fail/throw', () => {
    throw failure(500)
  })
  app.get('/fail/next/:status', (req, _res, next) => next(failure(Number(req.params.status))))
  // express 5 hears of rejected promises itself.
  app.get('/fail/reject', async (_req, _res, next) => {
    await null
    if (isFive) throw failure(503)
    next(failure(503))
  })
  app.get('/fail/own', fail(500), (_error, _req, res, _next) => res.writeHead(500).end('handled in the route'))
  app.get('/fail/unhandled', fail('unhandled'))
  app.get('/fail/midway', (_req, res, next) => {
    res.writeHead(200, { 'content-length': 100 })
    res.write('half')
    next(failure(500))
  })
  app.get('/fail/recovered', fail('recovered'))

  app.use((error, _req, _res, next) => next(error.what === 'recovered' ? undefined : error))
  app.get('/fail/:recovery', answer)
  app.use((error, _req, res, next) => {
    if (error.what === 'unhandled' || res.headersSent) return next(error)
    res.writeHead(error.status).end(error.message)
  })
  app.get(process.env.CATCH_ALL ? all : '/catch/all', answer)
  return app
}

function answer(req, res) {
  res.end(`${req.method} ${req.originalUrl}`)
}

function pass(_req, _res, next) {
  next()
}

/** A handler that finds it has nothing to say. */
function leave(_req, _res, next) {
  setImmediate(next)
}

/** Comes back later, after other requests. */
function hop(req, _res, next) {
  const [hops = 0] = req.originalUrl.match(/\d+/) ?? []
  let left = Number(hops)
  setImmediate(function again() {
    if (left-- > 0) setImmediate(again)
    else next()
  })
}

function wait(_req, _res, next) {
  console.log('waiting')
  next()
}

function hang() {}

function refuse(_req, res) {
  res.writeHead(401).end('refused')
}

function fail(what) {
  return (_req, _res, next) => next(failure(what))
}

class Failure extends Error {
  name = 'Failure'
}

/** With a status, or for the error handlers to see to. */
function failure(what) {
  return Object.assign(new Failure(`failed with ${what}`), { what, status: Number(what) || 500 })
}
