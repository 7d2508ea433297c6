// Prints which trace it has been given.
const { TRACEPARENT, TRACESTATE, BAGGAGE, MINE } = process.env
console.log(JSON.stringify({ TRACEPARENT, TRACESTATE, BAGGAGE, MINE }))
