import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { Worker } from 'node:worker_threads'
import { atEnd, type Owner } from './owner.js'

/** It takes none of the connections that the kernel has ready for it, of which there are two at most. */
const LISTENER = `
const { parentPort } = require('node:worker_threads')
const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
  parentPort.postMessage(server.address().port)
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
})`

/** The port of 127.0.0.1 at which connections come about no more, and are not refused either, as behind a firewall. */
export async function blackHole(owner: Owner): Promise<number> {
  const worker = new Worker(LISTENER, { eval: true, execArgv: [] })
  const sockets: Socket[] = []
  atEnd(owner, async () => {
    for (const socket of sockets) socket.destroy()
    await worker.terminate()
  })
  const [port] = await once(worker, 'message')
  for (let i = 0; i < 2; i++) {
    const socket = connect({ port, host: '127.0.0.1' }).on('error', () => {})
    sockets.push(socket)
    await once(socket, 'connect')
  }
  return port
}
