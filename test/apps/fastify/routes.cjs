// A server with routes, hooks and errors of all kinds.
const { get, ServerResponse } = require('node:http')
const { Readable, Transform } = require('node:stream')
const { trace } = require('@opentelemetry/api')

exports.routes = async (fastify) => {
  const app = fastify()

  app.addHook('onRequest', async (request) => {
    if (request.headers.authorization === 'wrong') throw failure('who are you', 401)
  })

  app.get('/users/:id', async ({ params }) => params.id)
  app.get('/files/*', (_request, reply) => reply.send('file'))
  app.get('/at/:hour(^\\d{2})h:minute(^\\d{2})m', async ({ params }) => `${params.hour}:${params.minute}`)
  app.route({ method: ['PUT', 'PATCH'], url: '/users/:id', handler: async ({ method }) => method })
  app.get('/gone/:id', (_request, reply) => reply.callNotFound())
  app.get('/call', () => call('/users/1'))
  app.post('/call', () => call('/users/1'))
  app.get('/inject', async () => (await app.inject('/call')).payload)

  app.get('/stream', (_request, reply) => reply.send(Readable.from(['a', 'b'])))
  app.get('/hijack/:id', (_request, reply) => {
    reply.hijack()
    setImmediate(() => reply.raw.writeHead(202).end('by hand'))
  })

  app.get('/rooms/:id', (request, reply) => {
    reply.hijack()
    request.raw.socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n')
  })
  // As @fastify/websocket does.
  app.server.on('upgrade', (request, socket) => {
    const response = new ServerResponse(request)
    response.assignSocket(socket)
    app.routing(request, response)
  })

  app.register(version1, { prefix: '/v1' })
  app.register(hooked, { prefix: '/hooked' })
  app.register(failing, { prefix: '/fail' })
  app.register(handling, { prefix: '/handled' })

  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address()
  console.log(`listening ${port}`)
  // What is injected outside of a request is nobody's.
  if (process.env.INJECT !== undefined) console.log(`injected ${(await app.inject(process.env.INJECT)).statusCode}`)
  process.on('SIGTERM', () => app.close())

  function call(path) {
    return new Promise((resolve) => {
      get({ port, path, host: '127.0.0.1' }, (response) => response.resume().on('end', () => resolve('called')))
    })
  }
}

async function version1(app) {
  app.get('/', async () => 'root of v1')
  app.register(
    async (orders) => {
      orders.get('/:order', async () => 'order')
      orders.get('/:order/lines/:line', async () => 'line')
    },
    { prefix: '/orders' },
  )
  app.register(async (secret) => {
    secret.addHook('onRequest', (_request, reply, _done) => {
      reply.code(403).send('no entry')
    })
    secret.get('/secret/:id', async () => 'secret')
  })
  const first = (_request, _reply, done) => done()
  const second = async () => {}
  app.setNotFoundHandler({ preHandler: [first, second] }, (_request, reply) => {
    reply.code(404).send('not in v1')
  })
}

/** Tells which span is active in the hooks and the handler: `/hooked/<kind of hook>`. */
async function hooked(app) {
  const kinds = {
    sync: () => (done) => done(),
    callback: () => (done) => setImmediate(done),
    async: () => async () => {},
    late: () => () => new Promise((resolve) => setImmediate(resolve)),
    none: undefined,
  }
  for (const [kind, make] of Object.entries(kinds)) {
    const look = (where) => {
      const span = trace.getActiveSpan()
      console.log(`${kind} ${where}: ${span?.isRecording() ? span.spanContext().spanId : 'no span'}`)
    }
    app.register(async (scope) => {
      if (make !== undefined) addHooks(scope, make(), look)
      scope.post(`/${kind}`, async () => {
        look('handler')
        await new Promise((resolve) => setImmediate(resolve))
        look('handler, later')
        return { an: 'object' }
      })
    })
  }
}

/** fastify sees by its length whether a hook calls back. */
function addHooks(scope, hook, look) {
  const callsBack = hook.length > 0
  for (const name of ['onRequest', 'preValidation', 'preHandler', 'onResponse']) {
    const called = (_request, _reply, done) => look(name) ?? hook(done)
    scope.addHook(name, callsBack ? called : () => look(name) ?? hook())
  }
  for (const name of ['preParsing', 'preSerialization', 'onSend']) {
    const called = (_request, _reply, _payload, done) => look(name) ?? hook(done)
    scope.addHook(name, callsBack ? called : () => look(name) ?? hook())
  }
}

/** Fails in `/fail/<place>`. */
async function failing(app) {
  app.get('/throw', () => {
    throw failure('thrown')
  })
  app.get('/reject', async () => {
    throw failure('rejected')
  })
  app.get('/send', (_request, reply) => {
    setImmediate(() => reply.send(failure('sent')))
  })
  app.get('/text', async () => {
    throw 'a text'
  })
  app.get('/status', async () => {
    throw failure('not now', 503)
  })
  app.get('/conflict', async () => {
    throw failure('conflict', 409)
  })
  app.get('/invalid', { schema: { querystring: { type: 'object', required: ['q'] } } }, async () => 'valid')
  app.get('/stream', (_request, reply) => {
    reply.send(new Readable({ read: () => {}, construct: (done) => done(failure('no stream')) }))
  })
  app.get('/cut', (_request, reply) => {
    const stream = new Transform({ transform: (chunk, _encoding, done) => done(null, chunk) })
    reply.send(stream)
    stream.write('half', () => setImmediate(() => stream.destroy(failure('cut off'))))
  })
  for (const hook of ['onRequest', 'preParsing', 'preValidation', 'preHandler', 'preSerialization', 'onSend']) {
    const fail = async () => {
      throw failure(`in ${hook}`)
    }
    app.get(`/${hook}`, { [hook]: once(fail) }, async () => ({ an: 'object' }))
  }
}

/** onSend is also called for the answer that tells the error. */
function once(hook) {
  const done = new WeakSet()
  return async (request) => {
    if (done.has(request)) return
    done.add(request)
    await hook()
  }
}

/** Errors that the program makes answers of. */
async function handling(app) {
  app.setErrorHandler((error, _request, reply) => {
    reply.code(error.answer).send({ handled: error.message })
  })
  app.get('/:answer', async ({ params }) => {
    throw Object.assign(failure('handled'), { answer: Number(params.answer) })
  })
}

class Failure extends Error {
  name = 'Failure'
}

function failure(message, statusCode) {
  return Object.assign(new Failure(message), statusCode === undefined ? {} : { statusCode })
}
