// The load, a process of its own: requests over keep-alive sockets, one at a time on each, for little CPU.
import { connect } from 'node:net'
import { answer } from './helper.mjs'

const BODY_AT = '\r\n\r\n'
/** A request that takes longer ends the run. */
const MAX_WAIT_MILLIS = 20_000

answer(run)

/**
 * As fast as the program answers, or `rate` requests a second, until `requests` are answered or `millis` are over.
 * Latencies count from when a request was due. `isEven`: not in a burst each millisecond, for a core of the load's own.
 */
function run({ port, path, headers = {}, connections = 16, requests, millis, rate, isEven = false }) {
  const head = Object.entries({ host: `127.0.0.1:${port}`, 'user-agent': 'autospan-bench', accept: '*/*', ...headers })
  const request = Buffer.from(
    `GET ${path} HTTP/1.1\r\n${head.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`,
  )
  return new Promise((resolve, reject) => {
    const sockets = []
    const idle = []
    const due = []
    const latencies = []
    const began = performance.now()
    const wanted = requests ?? Infinity
    const until = began + (millis ?? Infinity)
    let sent = 0
    let done = 0
    let progressAt = began
    let pacer
    const watchdog = setInterval(() => {
      if (performance.now() - progressAt > MAX_WAIT_MILLIS) fail(`no answer in ${MAX_WAIT_MILLIS / 1000} s`)
    }, 1000)

    for (let i = 0; i < connections; i++) open()
    if (rate !== undefined) pacer = isEven ? setImmediate(paceOn) : setInterval(pace, 1)

    function open() {
      let received = 0
      let size = 0
      const wire = connect({
        port,
        host: '127.0.0.1',
        noDelay: true,
        onread: { buffer: Buffer.allocUnsafe(65_536), callback: read },
      })
      const connection = { sentAt: 0, send }
      sockets.push(wire)
      wire.on('connect', () => (rate === undefined ? send(performance.now()) : idle.push(connection)))
      wire.on('error', (error) => fail(error.message))
      wire.on('end', () => fail('the program closed a connection'))

      function send(at) {
        connection.sentAt = at
        received = 0
        sent++
        wire.write(request)
      }

      function read(length, buffer) {
        if (received === 0) {
          // HTTP/1.1 2xx; all answers are of one size, which the first one tells.
          if (buffer[9] !== 0x32) return fail(buffer.latin1Slice(0, Math.min(length, 500)))
          if (size === 0) size = sizeOf(buffer.latin1Slice(0, length))
          if (!(size > 0)) return fail('an answer without content-length')
        }
        received += length
        if (received < size) return true
        if (received > size) return fail('answers differ in size')
        answered()
        return true
      }

      function answered() {
        done++
        const now = performance.now()
        progressAt = now
        if (rate !== undefined) {
          // The first half warms the program up.
          if (now > (began + until) / 2) latencies.push(now - connection.sentAt)
          if (due.length > 0) return send(due.shift())
          idle.push(connection)
          if (now >= until && idle.length === connections) finish()
        } else if (sent < wanted && now < until) send(now)
        else if (sent === done) finish()
      }
    }

    function paceOn() {
      pacer = setImmediate(paceOn)
      pace()
    }

    function pace() {
      const now = performance.now()
      if (now >= until) {
        if (due.length === 0 && idle.length === connections) finish()
        return
      }
      for (let i = sent + due.length; i < ((now - began) * rate) / 1000; i++) {
        const at = began + (i * 1000) / rate
        // All in turn: the program would close one that is left alone for seconds.
        const connection = idle.shift()
        if (connection === undefined) due.push(at)
        else connection.send(at)
      }
    }

    function finish() {
      close()
      latencies.sort((a, b) => a - b)
      const at = (share) => latencies[Math.floor(share * (latencies.length - 1))]
      resolve({ requests: done, millis: performance.now() - began, p50: at(0.5), p99: at(0.99) })
    }

    function fail(reason) {
      close()
      reject(new Error(`load on ${path}: ${reason}`))
      return false
    }

    function close() {
      clearInterval(watchdog)
      if (isEven) clearImmediate(pacer)
      else clearInterval(pacer)
      for (const socket of sockets) {
        socket.removeAllListeners()
        socket.on('error', () => {})
        socket.destroy()
      }
    }
  })
}

function sizeOf(text) {
  const end = text.indexOf(BODY_AT)
  const length = /\r\ncontent-length: *(\d+)\r\n/i.exec(text)?.[1]
  return end === -1 || length === undefined ? Number.NaN : end + BODY_AT.length + Number(length)
}
