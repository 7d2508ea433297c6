// Prints what programs can see of express and of their own stacks of layers.
const express = require('express')

const { Router, application } = express
const probe = Router().use(() => {}).stack[0]

const functions = {
  express,
  Router,
  'application.use': application.use,
  'application.handle': application.handle,
  'Router.use': Router().use,
  'Router.handle': Router().handle,
  'Router.route': Router().route,
  'Layer.handle_request': probe.handle_request ?? probe.handleRequest,
  'Layer.handle_error': probe.handle_error ?? probe.handleError,
}
for (const [name, fn] of Object.entries(functions)) {
  const symbols = Object.getOwnPropertySymbols(fn).map(String)
  console.log(name, fn.name, fn.length, fn.toString().length, typeof fn.prototype, symbols, Object.keys(fn))
}
console.log(Object.keys(express), Object.keys(Router), Object.keys(probe), Object.keys(Object.getPrototypeOf(probe)))

const given = {
  first: (_req, _res, next) => next(),
  route: function answer(_req, res) {
    res.end()
  },
  router: Router(),
  second: (_req, _res, next) => next(),
  fail: (_error, _req, _res, next) => next(),
}
const app = express()
app.use(given.first)
app.get('/route', given.route)
app.use('/path', given.router, given.second)
app.use(given.second, given.fail)
for (const layer of (app._router ?? app.router).stack) {
  const is = Object.keys(given).find((name) => given[name] === layer.handle)
  const { name, length } = layer.handle
  console.log(
    layer.name,
    is,
    name,
    length,
    Object.keys(layer),
    layer.route?.path,
    layer.route?.stack[0].handle === given.route,
  )
}
