console.log('ran', process.execArgv.length > 0)
