import * as namespace from 'express'
import ask from './ask.cjs'

console.log(Object.keys(namespace).sort().join())
await ask(namespace.default)
