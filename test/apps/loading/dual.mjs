import { createRequire } from 'node:module'
import { express, kind } from 'dual'
import ask from './ask.cjs'

const required = createRequire(import.meta.url)('dual')
console.log(kind, required.kind, express === required.express)
await ask(express)
