// A PostgreSQL that needs nothing installed: PGlite behind the real wire protocol, one connection at a time.
import { PGlite } from '@electric-sql/pglite'
import { PGLiteSocketServer } from '@electric-sql/pglite-socket'

const server = new PGLiteSocketServer({ db: await PGlite.create(), host: '127.0.0.1', port: 0 })
server.addEventListener('listening', ({ detail }) => process.send?.(detail.port))
await server.start()
process.on('disconnect', () => process.exit())
