import { express } from '@shop/server'
import ask from './ask.cjs'

await ask(express)
