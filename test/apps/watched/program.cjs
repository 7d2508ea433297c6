// Asks itself once for a word, and goes on serving.
const { createServer } = require('node:http')
const word = require('./word.cjs')

const server = createServer((_request, response) => response.end(word)).listen(0, '127.0.0.1', async () => {
  const answer = await fetch(`http://127.0.0.1:${server.address().port}/${word}`)
  console.log('it says', await answer.text())
})
