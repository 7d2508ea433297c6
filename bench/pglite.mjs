// An embedded PostgreSQL, a process of its own, for one connection at a time.

import { createServer } from 'node:net'
import { PGlite } from '@electric-sql/pglite'
import { PGLiteSocketServer } from '@electric-sql/pglite-socket'

process.on('disconnect', () => process.exit())

const db = await PGlite.create()
const port = await freePort()
await new PGLiteSocketServer({ db, port, host: '127.0.0.1', maxConnections: 4 }).start()
process.send({ url: `postgres://postgres:postgres@127.0.0.1:${port}/postgres?sslmode=disable` })

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}
