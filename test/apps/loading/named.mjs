import express, { Router } from 'express'
import ask from './ask.cjs'

console.log(Router === express.Router, Router.name, Router.length)
await ask(express)
