export { default as express } from 'express'
export const kind = 'imported'
