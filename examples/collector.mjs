// As much of an OTLP collector as a demo needs: takes traces as JSON, keeps them, and passes them on where it is told to.
import { once } from 'node:events'
import { createServer } from 'node:http'

const KINDS = ['internal', 'internal', 'server', 'client', 'producer', 'consumer']
const STATUSES = ['unset', 'ok', 'error']

/** @param forwardTo the base URL of another collector, or undefined */
export async function startCollector(forwardTo) {
  const spans = []
  const answers = []
  const server = createServer(async (request, response) => {
    const chunks = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks)
    spans.push(...spansOf(JSON.parse(body.toString())))
    if (forwardTo !== undefined) answers.push(forward(forwardTo, body))
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    spans,
    forwarded: '',
    async stop() {
      server.close()
      server.closeAllConnections()
      this.forwarded = [...new Set(await Promise.all(answers))].join(', ')
    },
  }
}

function spansOf({ resourceSpans }) {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = valuesOf(resource.attributes)['service.name']
    return scopeSpans.flatMap(({ spans }) => spans.map((span) => drawnSpan(span, service)))
  })
}

/** The shape that the agent's own console drawing takes. */
function drawnSpan(span, service) {
  return {
    traceId: span.traceId,
    id: span.spanId,
    parentId: span.parentSpanId ?? '',
    name: span.name,
    kind: KINDS[span.kind],
    service,
    startMillis: Number(span.startTimeUnixNano) / 1e6,
    endMillis: Number(span.endTimeUnixNano) / 1e6,
    status: STATUSES[span.status?.code ?? 0],
    message: span.status?.message ?? '',
    attributes: valuesOf(span.attributes),
  }
}

function valuesOf(attributes = []) {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))
}

async function forward(endpoint, body) {
  const url = `${endpoint.replace(/\/$/, '')}/v1/traces`
  try {
    const { status } = await fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json' } })
    return status === 200 ? 'accepted' : `answered ${status}`
  } catch (error) {
    return `not reached (${error.cause?.code ?? error.message})`
  }
}
