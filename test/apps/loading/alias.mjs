import express from 'alias-of-express'
import ask from './ask.cjs'

await ask(express)
