// Resolves as Yarn's Plug'n'Play does: packages by a table, and node_modules are not asked.
const Module = require('node:module')
const { join } = require('node:path')

const table = { express: join(__dirname, '.yarn/cache/express-npm-5.0.0-0123456789.zip/node_modules/express') }
const resolve = Module._resolveFilename

Module._resolveFilename = (request, ...rest) => resolve.call(Module, table[request] ?? request, ...rest)
