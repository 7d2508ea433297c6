const { asked } = require('./asks.mjs')

asked.then(() => console.log('asked'))
