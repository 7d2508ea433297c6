// As much of an OTLP collector as a demo needs: takes traces and metrics as JSON, keeps them, and passes them on where it is told to.
import { once } from 'node:events'
import { createServer } from 'node:http'

const KINDS = ['internal', 'internal', 'server', 'client', 'producer', 'consumer']
const STATUSES = ['unset', 'ok', 'error']

/** @param forwardTo the base URL of another collector, or undefined */
export async function startCollector(forwardTo) {
  const spans = []
  const points = []
  const answers = []
  const server = createServer(async (request, response) => {
    const chunks = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks)
    const told = JSON.parse(body.toString())
    spans.push(...spansOf(told))
    points.push(...durationsOf(told))
    if (forwardTo !== undefined) answers.push(forward(forwardTo, request.url, body))
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    spans,
    /** Of the requests that the services have served. */
    points,
    forwarded: '',
    async stop() {
      server.close()
      server.closeAllConnections()
      this.forwarded = [...new Set(await Promise.all(answers))].join(', ')
    },
  }
}

function spansOf({ resourceSpans = [] }) {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = valuesOf(resource.attributes)['service.name']
    return scopeSpans.flatMap(({ spans }) => spans.map((span) => drawnSpan(span, service)))
  })
}

function durationsOf({ resourceMetrics = [] }) {
  return resourceMetrics.flatMap(({ scopeMetrics }) =>
    scopeMetrics.flatMap(({ metrics }) =>
      metrics.filter(({ name }) => name === 'http.server.request.duration').flatMap(drawnPoints),
    ),
  )
}

/** The shape that the agent's own table of metrics takes; the trace is that of the slowest exemplar. */
function drawnPoints({ name, unit, histogram }) {
  return histogram.dataPoints.map(({ attributes, count, sum, min, max, exemplars = [] }) => {
    const values = valuesOf(attributes)
    const shown = ['http.request.method', 'http.route', 'http.response.status_code'].map((key) => [key, values[key]])
    const slowest = exemplars.toSorted((a, b) => b.asDouble - a.asDouble)[0]
    return {
      name,
      unit,
      attributes: Object.fromEntries(shown.filter(([, value]) => value !== undefined)),
      values: { count: Number(count), sum, min, max },
      traceId: slowest?.traceId ?? '',
    }
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

async function forward(endpoint, path, body) {
  const url = endpoint.replace(/\/$/, '') + path
  try {
    const { status } = await fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json' } })
    return status === 200 ? 'accepted' : `answered ${status}`
  } catch (error) {
    return `not reached (${error.cause?.code ?? error.message})`
  }
}
