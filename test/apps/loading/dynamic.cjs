const ask = require('./ask.cjs')

import('express').then(({ default: express }) => ask(express))
