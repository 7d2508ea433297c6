import { createRequire } from 'node:module'
import express from 'express'
import ask from './ask.cjs'
import data from './data.json' with { type: 'json' }

console.log(data, createRequire(import.meta.url)('./data.json'))
await ask(express)
