// A shop of express, whose stock is behind fastify and PostgreSQL: it asks itself once, and ends with an error.
import type { AddressInfo } from 'node:net'
import type { Request, Response } from 'express'

const express = require('express')
const { fastify } = require('fastify')
const pg = require('pg')

interface Stock {
  readonly item: string
}

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 1 })

const stock = fastify()
stock.get('/stock/:item', async ({ params }: { params: Stock }): Promise<Stock> => {
  await pool.query('SELECT * FROM stock WHERE item = $1', [params.item])
  return { item: params.item }
})

const shop = express()
shop.get('/items/:item', async (request: Request, response: Response) => {
  const { port } = stock.server.address() as AddressInfo
  const answer = await fetch(`http://127.0.0.1:${port}/stock/${request.params.item}`)
  response.json((await answer.json()) as Stock)
})

Error.stackTraceLimit = 50
console.log(new Error('loaded').stack)

stock.listen({ port: 0, host: '127.0.0.1' }).then(() => {
  const server = shop.listen(0, '127.0.0.1', async (): Promise<void> => {
    const { port } = server.address() as AddressInfo
    const answer = await fetch(`http://127.0.0.1:${port}/items/tea`)
    console.log(answer.status, await answer.json())
    setImmediate((): never => {
      throw new TypeError('out of tea')
    })
  })
})
