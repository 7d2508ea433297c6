require('./ask.cjs')(require('@shop/server').express)
