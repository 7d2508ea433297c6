import ask from './ask.cjs'
import express from './node_modules/express/index.js'

await ask(express)
