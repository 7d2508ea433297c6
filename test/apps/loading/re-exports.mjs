export * from 'express'
export { default } from 'express'
