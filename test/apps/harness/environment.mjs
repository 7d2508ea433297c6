console.log(
  JSON.stringify({ env: process.env, args: process.argv.slice(2), flags: process.execArgv, node: process.execPath }),
)
