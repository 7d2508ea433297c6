import express from 'express'
import ask from './ask.cjs'

export const asked = ask(express)
