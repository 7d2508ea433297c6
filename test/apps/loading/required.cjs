require('./ask.cjs')(require('express'))
