import ask from './ask.cjs'
import * as everything from './re-exports.mjs'

console.log(Object.keys(everything).join())
await ask(everything.default)
