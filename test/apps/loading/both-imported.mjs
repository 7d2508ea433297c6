export { default as imported } from 'express'
