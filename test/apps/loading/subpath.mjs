import express from '#express'
import local from '#local'
import ask from './ask.cjs'

console.log(local)
await ask(express)
