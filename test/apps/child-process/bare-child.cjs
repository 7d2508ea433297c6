// Prints which carriers a child gets that is started outside of any request.
const { execFileSync } = require('node:child_process')
const { join } = require('node:path')

console.log(execFileSync(process.execPath, [join(__dirname, 'child.cjs')], { encoding: 'utf8' }).trim())
