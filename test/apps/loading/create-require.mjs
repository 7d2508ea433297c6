import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
require('./ask.cjs')(require('express'))
