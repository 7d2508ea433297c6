// A query to a database whose host has two addresses, as `localhost` has, and which is at neither.
import { Socket } from 'node:net'
import pg from 'pg'

const addresses = ['127.0.0.1', '127.0.0.2'].map((address) => ({ address, family: 4 }))

class SocketToBoth extends Socket {
  connect(port, host) {
    const lookup = (_host, _options, callback) => callback(null, addresses)
    return super.connect({ port, host, lookup, autoSelectFamily: true })
  }
}

const pool = new pg.Pool({ host: 'both', port: 1, stream: () => new SocketToBoth() })
await pool.query('SELECT 1').catch((error) => console.log(error.constructor.name, error.code))
