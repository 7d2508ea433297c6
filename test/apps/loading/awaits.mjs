import ask from './ask.cjs'
import { order } from './awaited.mjs'

const { default: express } = await import(await Promise.resolve('express'))
console.log(order.join())
await ask(express)
