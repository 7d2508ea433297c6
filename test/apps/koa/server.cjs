const Router = require('@koa/router')
const Koa = require('koa')
const { serve } = require('./serve.cjs')

serve(Koa, Router)
