export const order = ['before']
await new Promise((resolve) => setImmediate(resolve))
order.push('after')
