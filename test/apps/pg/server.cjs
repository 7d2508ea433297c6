require('./serve.cjs').serve(require('pg'), require('pg-cursor'), require('pg-query-stream'))
