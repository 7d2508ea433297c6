console.log(require.resolve('express').includes('.zip'))
require('./ask.cjs')(require('express'))
