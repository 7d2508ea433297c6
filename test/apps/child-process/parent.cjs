require('./serve.cjs')(require('child_process'))
