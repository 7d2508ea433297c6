const local = require('#local')

console.log(local)
require('./ask.cjs')(require('#express'))
