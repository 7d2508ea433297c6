process.loadEnvFile(process.argv[2])
require('./traced.cjs')
