import { strictEqual } from 'node:assert'
import express from 'express'
import ask from './ask.cjs'

const { default: data } = await import('data:text/javascript,export default "data"')
const { default: json } = await import('data:application/json,{"a":1}', { with: { type: 'json' } })
strictEqual(process.getBuiltinModule('http'), (await import('http')).default)
const wasm = new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]))
console.log(data, json, WebAssembly.Module.exports(wasm), import.meta.url.endsWith('/kinds.mjs'))
await ask(express)
