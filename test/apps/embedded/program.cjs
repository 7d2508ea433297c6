// Serves itself once; also from a snapshot, which is made without what only runs then.
const { startupSnapshot } = require('node:v8')

function main() {
  const { createServer, get } = require('node:http')
  const server = createServer((_request, response) => response.end()).listen(0, '127.0.0.1', () => {
    get({ port: server.address().port, host: '127.0.0.1' }, (response) => {
      response.resume().on('end', () => server.close())
    })
  })
}

if (startupSnapshot.isBuildingSnapshot()) startupSnapshot.setDeserializeMainFunction(main)
else main()
