const first = require('express')
const ask = require('./ask.cjs')

for (const path of Object.keys(require.cache)) if (path.includes('express')) delete require.cache[path]
const second = require('express')
console.log(first === second)
ask(second)
