// Middleware and handlers, some that pass on, one that answers, one that calls another service on the way.
const express = require('express')

const app = express()
app.use(function logging(_req, _res, next) {
  next()
})
app.use('/private', function guarding(_req, res) {
  res.status(401).end()
})
const router = express.Router()
router.get(
  '/users/:id',
  function load(_req, _res, next) {
    setImmediate(next)
  },
  function show(req, res) {
    res.end(req.params.id)
  },
)
app.use('/api', router)

const server = app.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`))
process.on('SIGTERM', () => {
  server.close()
  server.closeAllConnections()
})
