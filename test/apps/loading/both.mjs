import { createRequire } from 'node:module'
import express from 'express'
import ask from './ask.cjs'
import { imported } from './both-imported.mjs'
import required from './both-required.cjs'

const require = createRequire(import.meta.url)
console.log(express === imported, express === required, express === require('express'))
await ask(express)
