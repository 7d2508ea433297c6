// Answers every request with its target.
import { createServer } from 'node:http'

const server = createServer((req, res) => res.end(`${req.method} ${req.url}`))
server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`))
process.on('SIGTERM', () => server.close())
