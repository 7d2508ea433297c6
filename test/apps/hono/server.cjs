const { serve } = require('@hono/node-server')
const { Hono } = require('hono')
const { run } = require('./serve.cjs')

run(Hono, serve)
