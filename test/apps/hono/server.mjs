import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { run } from './serve.cjs'

run(Hono, serve)
