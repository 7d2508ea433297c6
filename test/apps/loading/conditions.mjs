import express from 'express'
import { kind } from 'shop/own'
import ask from './ask.cjs'

console.log(kind)
await ask(express)
