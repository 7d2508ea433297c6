import ask from './ask.cjs'

const { default: express } = await import('express')
await ask(express)
