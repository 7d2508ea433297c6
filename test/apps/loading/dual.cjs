const { express, kind } = require('dual')
const ask = require('./ask.cjs')

import('dual').then((imported) => {
  console.log(kind, imported.kind, express === imported.express)
  return ask(express)
})
