import express from 'express'
import ask from './ask.cjs'

await ask(express)
