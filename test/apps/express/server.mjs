import express from 'express'
import serve from './serve.cjs'

serve(express)
