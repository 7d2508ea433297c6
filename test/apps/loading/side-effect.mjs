import 'express'
import { createRequire } from 'node:module'
import ask from './ask.cjs'

await ask(createRequire(import.meta.url)('express'))
