// The tests of a shop, for any runner: what they need comes from a head that test/toolchains/cases.mjs puts before them.
test('sells tea', async () => {
  const shop = express()
  shop.get('/items/:item', (request, response) => response.json({ item: request.params.item }))
  const server = shop.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const answer = await fetch(`http://127.0.0.1:${server.address().port}/items/tea`)
  assert.equal((await answer.json()).item, 'tea')
  console.log('sold')
  server.closeAllConnections()
  if (process.env.LEAVES_OPEN === undefined) await new Promise((resolve) => server.close(resolve))
})

test('is out of coffee', () => {
  throw new Error('out of coffee')
})
