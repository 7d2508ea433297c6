import express from 'express'
import ask from './ask.cjs'
import * as wasm from './one.wasm'

console.log(wasm.one(), import.meta.resolve('#local').endsWith('/value.mjs'))
await ask(express)
