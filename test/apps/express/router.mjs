// The router of express 5 without express.
import { createServer } from 'node:http'
import finalhandler from 'finalhandler'
import Router from 'router'

const router = Router()
const inner = Router()
inner.get('/users/:id', (req, res) => res.end(req.params.id))
inner.get('/fail', () => {
  throw new Error('failed')
})
router.use('/api', inner)
const server = createServer((req, res) => router(req, res, finalhandler(req, res)))
server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`))
process.on('SIGTERM', () => server.close())
