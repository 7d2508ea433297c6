import Router from '@koa/router'
import Koa from 'koa'
import { serve } from './serve.cjs'

serve(Koa, Router)
